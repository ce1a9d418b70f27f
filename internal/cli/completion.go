package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/sallyport/sallyport/internal/config"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"One of ${enum}."`
}

// Run prints what a shell has to read so that Tab completes. The shell asks the
// program itself each time, so that the answer is never of another version.
func (c *completionCommand) Run(r *run) error {
	_, err := fmt.Fprint(r.Out, shellScripts()[c.Shell])
	return err
}

func shellScripts() map[string]string {
	return map[string]string{
		"bash": `# source <(sallyport completion bash)
_sallyport() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line%%$'\t'*}")
    done < <("$1" complete --word="$2" -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
}
complete -o default -F _sallyport sallyport
`,
		"zsh": `#compdef sallyport
# source <(sallyport completion zsh)
_sallyport() {
    local line
    local -a found
    for line in "${(@f)$("${words[1]}" complete --word="${words[CURRENT]}" -- "${(@)words[2,CURRENT-1]}" 2>/dev/null)}"; do
        [[ -n "$line" ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( ${#found} )); then
        _describe sallyport found
    else
        _files
    fi
}
if [[ "${funcstack[1]}" = _sallyport ]]; then
    _sallyport "$@"
else
    compdef _sallyport sallyport
fi
`,
		"fish": `# sallyport completion fish | source
function __sallyport_complete
    set -l words (commandline -opc)
    set -l found ($words[1] complete --word=(commandline -ct | string collect --allow-empty) -- $words[2..-1] 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c sallyport -f -a '(__sallyport_complete)'
`,
		"powershell": `# sallyport completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName sallyport -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    & sallyport complete "--word=$wordToComplete" '--' @before 2>$null | ForEach-Object {
        $word, $help = $_ -split ` + "\"`t\"" + `, 2
        if (-not $help) { $help = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $help)
    }
}
`,
	}
}

type completeCommand struct {
	Word   string   `help:"The word to complete, as far as it is typed."`
	Before []string `arg:"" optional:"" help:"The words before it."`
}

// Run prints what the word can become, a line each, with what it means behind a
// tab. It reads nothing and opens nothing.
func (c *completeCommand) Run(r *run, parsed *kong.Context) error {
	for _, s := range completions(parsed.Model.Node, c.Before, c.Word) {
		fmt.Fprintf(r.Out, "%s\t%s\n", s.word, s.help)
	}
	return nil
}

// suggestion is what a word can become.
type suggestion struct{ word, help string }

// completions finds what a word can become behind those before it, from the
// tree of commands and the options of the configuration.
func completions(node *kong.Node, before []string, word string) []suggestion {
	waiting, positional := "", 0
	for _, w := range before {
		switch {
		case waiting != "" && w == "=":
			// one shell makes a word of the sign; the value is still to come
		case waiting != "":
			waiting = ""
		case strings.HasPrefix(w, "-"):
			if takesValue(node, w) {
				waiting = w
			}
		default:
			if next := childOf(node, w); next != nil {
				node, positional = next, 0
			} else {
				positional++
			}
		}
	}
	var all []suggestion
	flag, value, whole := strings.Cut(word, "=")
	switch {
	case waiting != "":
		all = valuesOf(node, waiting, "")
	case whole && strings.HasPrefix(word, "-"):
		all, word = valuesOf(node, flag, flag+"="), flag+"="+value
	case strings.HasPrefix(word, "-"):
		all = flagsOf(node)
	default:
		all = append(commandsOf(node), argumentsOf(node, positional)...)
	}
	return slices.DeleteFunc(all, func(s suggestion) bool { return !strings.HasPrefix(s.word, word) })
}

func childOf(node *kong.Node, name string) *kong.Node {
	for _, c := range node.Children {
		if c.Name == name || slices.Contains(c.Aliases, name) {
			return c
		}
	}
	return nil
}

func commandsOf(node *kong.Node) (all []suggestion) {
	for _, c := range node.Children {
		if !c.Hidden {
			all = append(all, suggestion{c.Name, c.Help})
		}
	}
	return all
}

func argumentsOf(node *kong.Node, n int) (all []suggestion) {
	if n < len(node.Positional) {
		for _, v := range node.Positional[n].EnumSlice() {
			all = append(all, suggestion{v, node.Positional[n].Help})
		}
	}
	return all
}

// flagNamed finds a flag of a command or of those above it.
func flagNamed(node *kong.Node, typed string) *kong.Flag {
	name, _, _ := strings.Cut(strings.TrimLeft(typed, "-"), "=")
	for _, group := range node.AllFlags(false) {
		for _, f := range group {
			if f.Name == name || !strings.HasPrefix(typed, "--") && string(f.Short) == name {
				return f
			}
		}
	}
	return nil
}

// takesValue reports whether the word behind a flag is its value.
func takesValue(node *kong.Node, typed string) bool {
	if strings.Contains(typed, "=") {
		return false
	}
	if f := flagNamed(node, typed); f != nil {
		return !f.IsBool()
	}
	o, ok := optionOf(strings.TrimPrefix(typed, "--"))
	return ok && o.Default != "false"
}

func valuesOf(node *kong.Node, typed, front string) (all []suggestion) {
	f := flagNamed(node, typed)
	if f == nil {
		return nil
	}
	values := f.EnumSlice()
	if named, ok := f.Target.Interface().(interface{ names() []string }); ok {
		values = named.names()
	}
	for _, v := range values {
		if v != "" {
			all = append(all, suggestion{front + v, f.Help})
		}
	}
	return all
}

// flagsOf returns the flags of a command, those of all commands, and where
// it reads the configuration also its options.
func flagsOf(node *kong.Node) (all []suggestion) {
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			all = append(all, suggestion{"--" + f.Name, f.Help})
			if f.Tag.Negatable != "" {
				all = append(all, suggestion{"--no-" + f.Name, f.Help})
			}
		}
	}
	if node.Type == kong.ApplicationNode {
		return all
	}
	for _, o := range config.Options() {
		name := "--" + o.Flag()
		if o.Secret {
			name += "-file"
		}
		if !slices.ContainsFunc(all, func(s suggestion) bool { return s.word == name }) {
			all = append(all, suggestion{name, o.Help})
		}
	}
	return all
}
