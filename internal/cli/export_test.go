package cli

import (
	"io"

	"github.com/sallyport/sallyport/internal/loadclient"
)

// HelpExamples lets tests look at what every help begins with.
func HelpExamples() map[string][]string { return examples() }

// BarOn shows a load on a terminal that is cut short in the middle, and says so.
func BarOn(out io.Writer) {
	r := &run{IO: IO{Err: out, Out: out}, tree: &commands{}}
	b := &bar{run: r, terminal: true}
	b.show(loadclient.Checking, 500, 0)
	b.show(loadclient.Checking, 40, 40)
	b.show(loadclient.Loading, 10, 40)
	r.say("stopped")
	r.sayError("interrupted", "")
}
