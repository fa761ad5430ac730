package memstore_test

import (
	"testing"

	"github.com/frontdesk-go/frontdesk/store/driver"
	"github.com/frontdesk-go/frontdesk/store/memstore"
	"github.com/frontdesk-go/frontdesk/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) driver.Store { return memstore.New() })
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) driver.Store { return storetest.Drafted(memstore.New()) })
}
