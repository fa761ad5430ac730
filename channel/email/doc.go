// Package email is a desk's mail: what comes in becomes tickets and messages, and what is
// answered goes out.
package email
