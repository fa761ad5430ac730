package ticket

import "fmt"

// Status is where a ticket stands.
type Status string

// The statuses. All but Resolved and Rejected are open.
const (
	StatusNew                 Status = "new"                  // no agent, no agent's reply yet
	StatusNewForAgent         Status = "new_for_agent"        // assigned to an agent, no agent's reply yet
	StatusAgentReplied        Status = "agent_replied"        // the agent spoke last
	StatusWaitingForAgent     Status = "waiting_for_agent"    // the end user spoke last, on a ticket that was answered or reopened
	StatusPendingReassignment Status = "pending_reassignment" // reopened, and no agent has it
	StatusResolved            Status = "resolved"             // solved
	StatusRejected            Status = "rejected"             // spam, or nothing to answer
)

// Statuses are all statuses, in the order of the list above.
func Statuses() []Status {
	return []Status{StatusNew, StatusNewForAgent, StatusAgentReplied, StatusWaitingForAgent, StatusPendingReassignment, StatusResolved, StatusRejected}
}

// Open says whether a ticket of this status still asks for something.
func (s Status) Open() bool { return s != StatusResolved && s != StatusRejected }

// TransitionError says that a ticket can't go from one status to another.
type TransitionError struct {
	From, To Status
	Act      string // what was tried, as in "agent replies"
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("%s: a ticket that is %s doesn't become %s", e.Act, e.From, e.To)
}

// act is something that happens to a ticket and may move its status.
type act string

// The acts, and what they depend on besides the status.
const (
	actAssign     act = "assign to an agent"
	actGive       act = "give to a bot, group or queue, or unassign"
	actReply      act = "agent replies"
	actReplyOpen  act = "agent replies and reopens"
	actAutomatic  act = "bot or automation replies"
	actWrite      act = "end user writes"
	actReturn     act = "end user reopens, and the last agent takes it"
	actReturnLost act = "end user reopens, and no agent takes it"
	actResolve    act = "resolve"
	actReject     act = "reject"
	actReopen     act = "agent reopens, the end user spoke last"
	actReopenSaid act = "agent reopens, the agent spoke last"
	actReopenNew  act = "agent reopens, no agent ever replied"
	actReopenHeld act = "agent reopens, no agent ever replied but one has it"
)

// transitions lists what an act makes of each status: the whole machine. What
// isn't listed is refused.
var transitions = map[act]map[Status]Status{
	actAssign: {
		StatusNew: StatusNewForAgent, StatusPendingReassignment: StatusWaitingForAgent,
		StatusNewForAgent: StatusNewForAgent, StatusAgentReplied: StatusAgentReplied, StatusWaitingForAgent: StatusWaitingForAgent,
	},
	actGive: {
		StatusNewForAgent: StatusNew,
		StatusNew:         StatusNew, StatusAgentReplied: StatusAgentReplied, StatusWaitingForAgent: StatusWaitingForAgent,
		StatusPendingReassignment: StatusPendingReassignment,
	},
	actReply: {
		StatusNew: StatusAgentReplied, StatusNewForAgent: StatusAgentReplied, StatusAgentReplied: StatusAgentReplied,
		StatusWaitingForAgent: StatusAgentReplied, StatusPendingReassignment: StatusAgentReplied, StatusResolved: StatusResolved,
	},
	actReplyOpen: {
		StatusNew: StatusAgentReplied, StatusNewForAgent: StatusAgentReplied, StatusAgentReplied: StatusAgentReplied,
		StatusWaitingForAgent: StatusAgentReplied, StatusPendingReassignment: StatusAgentReplied, StatusResolved: StatusAgentReplied,
	},
	actAutomatic: {
		StatusNew: StatusNew, StatusNewForAgent: StatusNewForAgent, StatusAgentReplied: StatusAgentReplied,
		StatusWaitingForAgent: StatusWaitingForAgent, StatusPendingReassignment: StatusPendingReassignment, StatusResolved: StatusResolved,
	},
	actWrite: {
		StatusNew: StatusNew, StatusNewForAgent: StatusNewForAgent, StatusAgentReplied: StatusWaitingForAgent,
		StatusWaitingForAgent: StatusWaitingForAgent, StatusPendingReassignment: StatusPendingReassignment,
	},
	actReturn:     {StatusResolved: StatusWaitingForAgent},
	actReturnLost: {StatusResolved: StatusPendingReassignment},
	actResolve: {
		StatusNew: StatusResolved, StatusNewForAgent: StatusResolved, StatusAgentReplied: StatusResolved,
		StatusWaitingForAgent: StatusResolved, StatusPendingReassignment: StatusResolved, StatusResolved: StatusResolved,
	},
	actReject: {
		StatusNew: StatusRejected, StatusNewForAgent: StatusRejected, StatusAgentReplied: StatusRejected,
		StatusWaitingForAgent: StatusRejected, StatusPendingReassignment: StatusRejected, StatusResolved: StatusRejected,
		StatusRejected: StatusRejected,
	},
	actReopen:     {StatusResolved: StatusWaitingForAgent, StatusRejected: StatusWaitingForAgent},
	actReopenSaid: {StatusResolved: StatusAgentReplied, StatusRejected: StatusAgentReplied},
	actReopenNew:  {StatusResolved: StatusNew, StatusRejected: StatusNew},
	actReopenHeld: {StatusResolved: StatusNewForAgent, StatusRejected: StatusNewForAgent},
}

// usual is where an act leads, for the error of one that is refused.
var usual = map[act]Status{
	actAssign: StatusNewForAgent, actGive: StatusNew, actReply: StatusAgentReplied, actReplyOpen: StatusAgentReplied,
	actAutomatic: StatusAgentReplied, actWrite: StatusWaitingForAgent, actReturn: StatusWaitingForAgent,
	actReturnLost: StatusPendingReassignment, actResolve: StatusResolved, actReject: StatusRejected,
	actReopen: StatusWaitingForAgent, actReopenSaid: StatusAgentReplied, actReopenNew: StatusNew, actReopenHeld: StatusNewForAgent,
}

// after returns the status that an act leads to, or a *TransitionError.
func (s Status) after(a act) (Status, error) {
	to, ok := transitions[a][s]
	if !ok {
		return s, &TransitionError{From: s, To: usual[a], Act: string(a)}
	}
	return to, nil
}
