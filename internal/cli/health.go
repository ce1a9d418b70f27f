package cli

import "github.com/sallyport/sallyport/internal/app"

type healthCommand struct{}

// health is the answer for programs.
type health struct {
	Ready   bool   `json:"ready"`
	Address string `json:"address"`
}

// Run asks the running server of this configuration whether it is ready. It is
// the probe of an image that holds nothing but the program.
func (healthCommand) Run(r *run) error {
	conf, err := r.load(true)
	if err != nil {
		return err
	}
	address, err := app.AskReady(r.ctx, conf)
	if r.tree.JSON {
		if printErr := r.printJSON(health{err == nil, address}); printErr != nil {
			return printErr
		}
	}
	if err != nil {
		return notReadyError{address, err}
	}
	if r.tree.JSON {
		return nil
	}
	return r.print(nil, "ready at %s", address)
}

// notReadyError is a server that does not answer, or says itself that it cannot
// serve.
type notReadyError struct {
	address string
	cause   error
}

func (e notReadyError) Error() string { return "not ready at " + e.address + ": " + e.cause.Error() }
func (e notReadyError) Unwrap() error { return e.cause }
