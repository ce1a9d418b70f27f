package cli

import (
	"github.com/sallyport/sallyport/internal/demo"
)

type demoCommand struct {
	Dir   string `default:"demo" help:"Folder of the demo's data."`
	Port  int    `default:"8080" help:"Port to listen on; the next free one if taken."`
	Fresh bool   `help:"Begin anew: remove what an earlier demo left in the folder."`
}

// Run serves the demo until it is told to stop.
func (c *demoCommand) Run(r *run) error {
	return demo.Run(r.ctx, demo.Options{Dir: c.Dir, Port: c.Port, Fresh: c.Fresh, Out: r.Out, Log: r.Err})
}
