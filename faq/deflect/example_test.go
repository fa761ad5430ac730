package deflect_test

import (
	"fmt"

	"github.com/frontdesk-go/frontdesk/faq/deflect"
)

func ExampleReport_Share() {
	r := deflect.Report{Views: 200, Deflected: 174}
	fmt.Printf("%.0f%% of readers wrote nothing\n", 100*r.Share())
	// Output: 87% of readers wrote nothing
}
