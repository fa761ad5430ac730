package analytics

// Durations are in seconds. Each is there as average (sum / count) and as 50th, 90th and
// 99th percentile (right within 1%), by the clock on the wall and by business hours: those
// of the ticket's queue, or else of the desk, as they were then. With no business hours the
// two are the same. A row in which there is none of them has no value.

// FirstAssignment time: first assignment to an agent − creation; dated by the assignment.
const (
	FirstAssignmentTimeAvg         Metric = "first_assignment_time_avg"
	FirstAssignmentTimeP50         Metric = "first_assignment_time_p50"
	FirstAssignmentTimeP90         Metric = "first_assignment_time_p90"
	FirstAssignmentTimeP99         Metric = "first_assignment_time_p99"
	FirstAssignmentTimeBusinessAvg Metric = "first_assignment_time_business_avg"
	FirstAssignmentTimeBusinessP50 Metric = "first_assignment_time_business_p50"
	FirstAssignmentTimeBusinessP90 Metric = "first_assignment_time_business_p90"
	FirstAssignmentTimeBusinessP99 Metric = "first_assignment_time_business_p99"
)

// FirstResponse time: first response of an agent or bot − creation; dated by the response.
const (
	FirstResponseTimeAvg         Metric = "first_response_time_avg"
	FirstResponseTimeP50         Metric = "first_response_time_p50"
	FirstResponseTimeP90         Metric = "first_response_time_p90"
	FirstResponseTimeP99         Metric = "first_response_time_p99"
	FirstResponseTimeBusinessAvg Metric = "first_response_time_business_avg"
	FirstResponseTimeBusinessP50 Metric = "first_response_time_business_p50"
	FirstResponseTimeBusinessP90 Metric = "first_response_time_business_p90"
	FirstResponseTimeBusinessP99 Metric = "first_response_time_business_p99"
)

// HumanResponse time: first response of an agent − creation; dated by the response.
const (
	HumanResponseTimeAvg         Metric = "human_response_time_avg"
	HumanResponseTimeP50         Metric = "human_response_time_p50"
	HumanResponseTimeP90         Metric = "human_response_time_p90"
	HumanResponseTimeP99         Metric = "human_response_time_p99"
	HumanResponseTimeBusinessAvg Metric = "human_response_time_business_avg"
	HumanResponseTimeBusinessP50 Metric = "human_response_time_business_p50"
	HumanResponseTimeBusinessP90 Metric = "human_response_time_business_p90"
	HumanResponseTimeBusinessP99 Metric = "human_response_time_business_p99"
)

// Reply time: an agent's message − since when the end user had waited; dated by the message.
const (
	ReplyTimeAvg         Metric = "reply_time_avg"
	ReplyTimeP50         Metric = "reply_time_p50"
	ReplyTimeP90         Metric = "reply_time_p90"
	ReplyTimeP99         Metric = "reply_time_p99"
	ReplyTimeBusinessAvg Metric = "reply_time_business_avg"
	ReplyTimeBusinessP50 Metric = "reply_time_business_p50"
	ReplyTimeBusinessP90 Metric = "reply_time_business_p90"
	ReplyTimeBusinessP99 Metric = "reply_time_business_p99"
)

// Resolution time: resolution − creation, of each resolution; dated by the resolution.
const (
	ResolutionTimeAvg         Metric = "resolution_time_avg"
	ResolutionTimeP50         Metric = "resolution_time_p50"
	ResolutionTimeP90         Metric = "resolution_time_p90"
	ResolutionTimeP99         Metric = "resolution_time_p99"
	ResolutionTimeBusinessAvg Metric = "resolution_time_business_avg"
	ResolutionTimeBusinessP50 Metric = "resolution_time_business_p50"
	ResolutionTimeBusinessP90 Metric = "resolution_time_business_p90"
	ResolutionTimeBusinessP99 Metric = "resolution_time_business_p99"
)

// Handling time: resolution − first assignment to an agent, of each resolution of a ticket that an agent had; dated by the resolution.
const (
	HandlingTimeAvg         Metric = "handling_time_avg"
	HandlingTimeP50         Metric = "handling_time_p50"
	HandlingTimeP90         Metric = "handling_time_p90"
	HandlingTimeP99         Metric = "handling_time_p99"
	HandlingTimeBusinessAvg Metric = "handling_time_business_avg"
	HandlingTimeBusinessP50 Metric = "handling_time_business_p50"
	HandlingTimeBusinessP90 Metric = "handling_time_business_p90"
	HandlingTimeBusinessP99 Metric = "handling_time_business_p99"
)

// Holding time: first response − first assignment to an agent, where it isn't before that; dated by the later of the two.
const (
	HoldingTimeAvg         Metric = "holding_time_avg"
	HoldingTimeP50         Metric = "holding_time_p50"
	HoldingTimeP90         Metric = "holding_time_p90"
	HoldingTimeP99         Metric = "holding_time_p99"
	HoldingTimeBusinessAvg Metric = "holding_time_business_avg"
	HoldingTimeBusinessP50 Metric = "holding_time_business_p50"
	HoldingTimeBusinessP90 Metric = "holding_time_business_p90"
	HoldingTimeBusinessP99 Metric = "holding_time_business_p99"
)
