package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	results := flag.String("results", "", "append lines \"pass N\", \"fail N\" and \"skip what (reason)\" to this file")
	flag.Parse()
	if err := run(*results); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// run reports what stands on standard input; an error means that a test failed
// or that the report itself could not be made.
func run(results string) error {
	report, err := Read(os.Stdin)
	if err != nil {
		return err
	}
	fmt.Print(report.Text())
	if results != "" {
		out, err := os.OpenFile(results, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		if _, err := out.WriteString(report.Results()); err != nil {
			return err
		}
		if err := out.Close(); err != nil {
			return err
		}
	}
	if n := report.Failures(); n > 0 {
		return fmt.Errorf("%d failed", n)
	}
	return nil
}
