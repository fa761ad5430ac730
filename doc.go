// Package frontdesk is an embeddable support engine for Go: what a company
// otherwise rents as a help desk, in the host's own process.
//
// It is being built from the bottom up. What is here so far:
//
//   - store: typed documents in transactions, with store/memstore and
//     store/boltstore behind it, and store/storetest, the suite that a back end
//     has to pass;
//   - store/event: the log of what happened, consumers with exactly-once effects,
//     live readers;
//   - channel/chat/widget: the chat widget that a web page embeds.
package frontdesk
