package words_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"
	"unicode"

	"github.com/sallyport/sallyport/internal/words"
)

// house is what the sources and pages say about texts.
type house struct {
	uses       []use           // ids given to a function that prints them
	built      []use           // beginnings of ids that are put together
	likely     []use           // other literals of the transports that look like ids
	mentions   map[string]bool // every string literal there is
	errorCodes map[string]bool // codes of errors, whether shown or not
	// errorValues are the names that errors are given values under.
	errorValues map[string]bool
	pages       []page
}

func newHouse() *house {
	return &house{mentions: map[string]bool{}, errorCodes: map[string]bool{}, errorValues: map[string]bool{}}
}

// use is one place that prints a text. Values are the names it is given; nil
// where they cannot be read off the source.
type use struct {
	id     string
	where  string
	folder string
	values []string
}

type page struct{ path, source string }

// readHouse reads all Go files and pages of the module but tests.
func readHouse(t *testing.T) *house {
	t.Helper()
	h := newHouse()
	root := filepath.Join("..", "..")
	for _, folder := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(name string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) || err == nil && d.IsDir() && d.Name() != "testdata" {
				return nil
			}
			if err != nil {
				return err
			}
			if d.IsDir() {
				return fs.SkipDir
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			h.read(t, name, filepath.ToSlash(rel))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *house) read(t *testing.T, name, rel string) {
	t.Helper()
	isGo := strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, "_test.go")
	isPage := strings.HasSuffix(rel, ".html") && !strings.HasPrefix(rel, "internal/mail/")
	suite := strings.Contains(rel, "/storetest/") || strings.Contains(rel, "/factortest/")
	if !isGo && !isPage || suite {
		return
	}
	source, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return // it was moved while we looked
	}
	if err != nil {
		t.Fatal(err)
	}
	if isGo {
		h.readGo(t, rel, string(source))
		return
	}
	h.pages = append(h.pages, page{rel, string(source)})
	h.readPage(t, rel, string(source))
}

// readGo collects the literals and calls of one Go file.
func (h *house) readGo(t *testing.T, name, source string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		where := func() string { return fset.Position(n.Pos()).String() }
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			h.mention(n, name, where())
		case *ast.CallExpr:
			h.call(n, name, where())
		case *ast.CompositeLit:
			h.errorLiteral(n, name, where())
		}
		return true
	})
}

// transports are the folders whose literals are looked at for ids.
func transport(name string) bool {
	for _, folder := range []string{"web", "httpx", "devtools", "mail"} {
		if strings.HasPrefix(name, "internal/"+folder+"/") {
			return true
		}
	}
	return false
}

func (h *house) mention(n *ast.BasicLit, name, where string) {
	text, ok := literal(n)
	if !ok {
		return
	}
	h.mentions[text] = true
	looks := regexp.MustCompile(`^[a-z]+(\.[a-z0-9_]+)+$`).MatchString(text)
	file := slices.Contains([]string{".html", ".css", ".js", ".svg", ".toml", ".png", ".txt"}, path.Ext(text))
	if looks && !file && transport(name) {
		h.likely = append(h.likely, use{id: text, where: where})
	}
}

func (h *house) call(n *ast.CallExpr, name, where string) {
	switch callee(n) {
	case "T", "t":
		if len(n.Args) == 0 {
			return
		}
		id, ok := literal(n.Args[0])
		if !ok {
			h.putTogether("", n.Args[0], where)
			return
		}
		if strings.Contains(id, ".") {
			h.uses = append(h.uses, use{id: id, where: where, folder: path.Dir(name), values: valuesOf(n)})
		}
	case "With":
		if len(n.Args) == 2 {
			if name, ok := literal(n.Args[0]); ok {
				h.errorValues[name] = true
			}
		}
	case "NewError":
		if len(n.Args) == 2 {
			h.errorCode(n.Args[1], last(n.Args[0]) == "Internal", where)
		}
	}
}

// errorLiteral is an Error written as &core.Error{Code: …}.
func (h *house) errorLiteral(n *ast.CompositeLit, name, where string) {
	if last(n.Type) != "Error" {
		return
	}
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && last(kv.Key) == "Code" {
			h.errorCode(kv.Value, false, where)
		}
	}
}

// errorCode notes a code. One of kind Internal needs no sentence of its own.
func (h *house) errorCode(e ast.Expr, internal bool, where string) {
	code, ok := literal(e)
	if !ok {
		h.putTogether("error.", e, where)
		return
	}
	h.errorCodes[code] = true
	if !internal {
		h.uses = append(h.uses, use{id: "error." + code, where: where})
	}
}

// putTogether notes an id that begins with a literal and goes on with a value.
func (h *house) putTogether(before string, e ast.Expr, where string) {
	b, ok := e.(*ast.BinaryExpr)
	if !ok {
		return
	}
	if text, ok := literal(b.X); ok {
		h.built = append(h.built, use{id: before + text, where: where})
	}
}

func callee(n *ast.CallExpr) string { return last(n.Fun) }

func last(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// valuesOf returns the names of the pairs of a call, nil where one is no literal.
func valuesOf(n *ast.CallExpr) []string {
	if n.Ellipsis.IsValid() {
		return nil
	}
	names := []string{}
	for i := 1; i < len(n.Args); i += 2 {
		name, ok := literal(n.Args[i])
		if !ok {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// readPage collects the literals and calls of one page.
func (h *house) readPage(t *testing.T, name, source string) {
	t.Helper()
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(source, "{{", "}}", trees); err != nil {
		t.Fatal(err)
	}
	for _, one := range trees {
		walk(one.Root, func(n parse.Node) { h.pageNode(n, name) })
	}
}

func (h *house) pageNode(n parse.Node, name string) {
	switch n := n.(type) {
	case *parse.StringNode:
		h.mentions[n.Text] = true
	case *parse.CommandNode:
		f, ok := n.Args[0].(*parse.IdentifierNode)
		if !ok || f.Ident != "t" && f.Ident != "tl" || len(n.Args) < 2 {
			return
		}
		id, ok := n.Args[1].(*parse.StringNode)
		if !ok {
			return
		}
		u := use{id: id.Text, where: name, folder: path.Dir(name)}
		if f.Ident == "t" {
			u.values = []string{}
			for i := 2; i < len(n.Args); i += 2 {
				value, ok := n.Args[i].(*parse.StringNode)
				if !ok {
					u.values = nil
					break
				}
				u.values = append(u.values, value.Text)
			}
		}
		h.uses = append(h.uses, u)
	}
}

// walk visits every node of a template.
func walk(n parse.Node, visit func(parse.Node)) {
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe, visit)
		walk(b.List, visit)
		walk(b.ElseList, visit)
	}
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				walk(c, visit)
			}
		}
		return
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				walk(c, visit)
			}
		}
		return
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.TemplateNode:
		walk(n.Pipe, visit)
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.CommandNode:
		for _, a := range n.Args {
			walk(a, visit)
		}
	}
	visit(n)
}

// parameters returns the values that a text needs in any of its forms.
func parameters(t *testing.T, c *words.Catalogue, id string) []string {
	t.Helper()
	return parametersOf(t, id, slices.Collect(maps.Values(c.Forms(id)))...)
}

func parametersOf(t *testing.T, id string, texts ...string) []string {
	t.Helper()
	var names []string
	for _, text := range texts {
		tree := parse.New(id)
		tree.Mode = parse.SkipFuncCheck
		trees := map[string]*parse.Tree{}
		if _, err := tree.Parse(text, "{{", "}}", trees); err != nil {
			t.Errorf("text %q: %v", id, err)
			continue
		}
		for _, one := range trees {
			walk(one.Root, func(n parse.Node) {
				if f, ok := n.(*parse.FieldNode); ok {
					names = append(names, f.Ident[0])
				}
			})
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// literals returns the words that a page says by itself, in text or in an
// attribute that is read out.
func literals(source string) []string {
	strip := func(pattern, with string) {
		source = regexp.MustCompile(pattern).ReplaceAllString(source, with)
	}
	strip(`(?s)\{\{.*?\}\}`, "\x00")
	strip(`(?s)<!--.*?-->`, "")
	strip(`(?is)<style.*?</style>|<script.*?</script>|<code>.*?</code>`, "")
	var found []string
	spoken := regexp.MustCompile(`(?s)\s(?:alt|title|placeholder|aria-label)="([^"]*)"`)
	for _, m := range spoken.FindAllStringSubmatch(source, -1) {
		found = append(found, strings.ReplaceAll(m[1], "\x00", ""))
	}
	strip(`(?s)<[^>]*>`, "\x00")
	strip(`&[a-z0-9#]+;`, "")
	strip(`[a-z-]+="[^"]*"`, "") // attributes that stand in a template of their own
	found = append(found, strings.Split(source, "\x00")...)
	var out []string
	for _, text := range found {
		if text = strings.TrimSpace(text); strings.ContainsFunc(text, unicode.IsLetter) {
			out = append(out, text)
		}
	}
	return out
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// plainText is a text without its parameters.
func plainText(text string) string {
	return regexp.MustCompile(`\{\{.*?\}\}`).ReplaceAllString(text, " ")
}
