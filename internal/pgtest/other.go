//go:build !unix

package pgtest

import (
	"context"
	"os/exec"
)

type account struct{}

func unprivileged() (*account, error) { return nil, errNone }

func (*account) own(string) error { return nil }

func (*account) lower(*exec.Cmd) {}

func detach(*exec.Cmd) {}

func kill(context.Context, int) error { return errNone }
