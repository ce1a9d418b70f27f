package mail

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
)

// letter is what an email says, before it is text or HTML.
type letter struct {
	Language string
	Subject  string
	Lead     string   // the first line: what happened, or the code
	Lines    []string // right under it
	Open     string   // the address that the mail is there for; empty: none
	Facts    []fact   // when, by what, from where
	Calm     string   // "If this was you, do nothing."
	Alarm    string   // heading of Steps
	Steps    []string
	Link     string   // shown under the first step, as it is
	NoAlarm  bool     // no "Wasn't you?": the reader has no part in the account
	Closing  []string // after everything
	Stamp    string   // last line: "@host #482913", or empty
}

// fact is one line of the list of facts.
type fact struct{ Name, Value string }

//go:embed layout.html
var layoutSource string

// layout parses the one frame of all HTML bodies.
func layout() (*template.Template, error) {
	t, err := template.New("layout.html").Option("missingkey=error").Parse(layoutSource)
	if err != nil {
		return nil, fmt.Errorf("mail layout: %w", err)
	}
	return t, nil
}

// html renders the letter into the frame.
func (l letter) html(frame *template.Template) (string, error) {
	var b bytes.Buffer
	if err := frame.Execute(&b, l); err != nil {
		return "", fmt.Errorf("mail layout: %w", err)
	}
	return b.String(), nil
}

// text renders the letter as plain text: paragraphs with an empty line between.
func (l letter) text() string {
	var parts []string
	add := func(lines ...string) {
		if text := strings.Join(lines, "\n"); text != "" {
			parts = append(parts, text)
		}
	}
	add(append([]string{l.Lead}, l.Lines...)...)
	add(l.Open)
	facts := make([]string, len(l.Facts))
	for i, f := range l.Facts {
		facts[i] = f.Name + ": " + f.Value
	}
	add(facts...)
	add(l.Calm)
	if len(l.Steps) > 0 {
		steps := []string{l.Alarm}
		for i, s := range l.Steps {
			steps = append(steps, fmt.Sprintf("%d. %s", i+1, s))
			if i == 0 && l.Link != "" {
				steps = append(steps, l.Link)
			}
		}
		add(steps...)
	}
	add(l.Closing...)
	add(l.Stamp)
	return strings.Join(parts, "\n\n") + "\n"
}
