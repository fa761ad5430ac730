package storetest_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/internal/sharedtest"
	"github.com/frontdesk-go/frontdesk/store/storetest"
)

// TestShared runs the suite on a store whose writers run at the same time, as
// those of a database server do: so the rules about them are tested, too, and so
// is the suite.
func TestShared(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) driver.Store { return sharedtest.New() })
}
