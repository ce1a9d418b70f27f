package table

import (
	"io"
	"path"
	"slices"
	"strings"
)

// The most of what is listed in a workbook and held while it is read.
const (
	mostSheets  = 1_000
	mostFormats = 70_000    // Excel knows 64,000
	mostTexts   = 2_000_000 // texts that cells share
)

// workbook is a file of Excel, open at one of its sheets.
type workbook struct {
	*archive
	names   []string // of the sheets that are not hidden
	sheet   string
	since04 bool // days are counted from 1904
	formats []format
	texts   []string
	rows    *sheet
}

// relation is what a part says it belongs together with.
type relation struct{ kind, target string }

// is reports whether a relation is of a kind, in either dialect of the format.
func (r relation) is(kind string) bool { return path.Base(r.kind) == kind }

// relations reads what belongs to a part, by its id. Those that lead out of the
// file are left out.
func (a *archive) relations(of string) (map[string]relation, error) {
	found := map[string]relation{}
	folder, base := path.Split(of)
	name := folder + "_rels/" + base + ".rels"
	if a.files[partName(name)] == nil {
		return found, nil
	}
	err := a.elements(name, func(m *markup) error {
		if m.name != "Relationship" || strings.EqualFold(m.value("TargetMode"), "External") {
			return nil
		}
		target := m.value("Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		if len(found) >= mostSheets {
			return errDamaged
		}
		found[m.value("Id")] = relation{m.value("Type"), partName(target)}
		return nil
	})
	return found, err
}

// one returns the part of a kind among relations; the first by its id where there
// are several.
func one(among map[string]relation, kind string) string {
	best := ""
	for id, r := range among {
		if r.is(kind) && (best == "" || id < best) {
			best = id
		}
	}
	return among[best].target
}

// openWorkbook reads what stands around the sheets and opens the one asked for.
func openWorkbook(s *Source, o Options) (*workbook, error) {
	a, err := openArchive(s, o.Limits)
	if err != nil {
		return nil, err
	}
	w := &workbook{archive: a}
	top, err := a.relations("")
	if err != nil {
		return nil, err
	}
	main := one(top, "officeDocument")
	if a.files[main] == nil || path.Ext(main) != ".xml" { // an archive of another kind, or .xlsb
		return nil, errKind
	}
	around, err := a.relations(main)
	if err != nil {
		return nil, err
	}
	target, err := w.choose(main, around, o.Sheet)
	if err != nil {
		return nil, err
	}
	if styles := one(around, "styles"); styles != "" {
		if w.formats, err = a.readFormats(styles); err != nil {
			return nil, err
		}
	}
	if shared := one(around, "sharedStrings"); shared != "" {
		if w.texts, err = a.readTexts(shared); err != nil {
			return nil, err
		}
	}
	m, err := a.markup(target)
	if err != nil {
		return nil, err
	}
	w.rows = &sheet{markup: m, of: w}
	return w, nil
}

// choose reads the list of sheets and returns the part of the one asked for.
func (w *workbook) choose(main string, around map[string]relation, wanted string) (string, error) {
	all := map[string]string{}
	foreign := false
	err := w.elements(main, func(m *markup) error {
		switch m.name {
		case "workbookPr":
			w.since04 = m.value("date1904") == "1" || m.value("date1904") == "true"
		case "sheet":
			name := m.value("name")
			r := around[m.value("id")]
			if m.parent() != "sheets" || !r.is("worksheet") {
				return nil
			}
			if all[name] = r.target; len(all) > mostSheets {
				return errDamaged
			}
			if state := m.value("state"); state == "" || state == "visible" {
				w.names = append(w.names, name)
			}
		default:
			foreign = foreign || m.parent() == "" && m.name != "workbook"
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if foreign {
		return "", errKind
	}
	if wanted == "" && len(w.names) > 0 {
		wanted = w.names[0]
	}
	target, ok := all[wanted]
	switch {
	case len(all) == 0 || wanted == "":
		return "", errNoSheet
	case !ok:
		return "", errSheet.With("name", wanted).With("list", strings.Join(w.names[:min(len(w.names), 20)], ", "))
	}
	w.sheet = wanted
	return target, nil
}

// readFormats reads how numbers are shown, by the style of a cell.
func (a *archive) readFormats(name string) ([]format, error) {
	own := map[string]format{}
	var formats []format
	err := a.elements(name, func(m *markup) error {
		switch {
		case m.name == "numFmt" && m.parent() == "numFmts":
			own[m.value("numFmtId")] = formatOf(m.value("formatCode"))
		case m.name == "xf" && m.parent() == "cellXfs":
			id := m.value("numFmtId")
			f, ok := own[id]
			if !ok {
				f = builtIn(id)
			}
			formats = append(formats, f)
		}
		if len(own) > mostFormats || len(formats) > mostFormats {
			return errDamaged
		}
		return nil
	})
	return formats, err
}

// readTexts reads the texts that cells share. They are held, so they are bounded.
func (a *archive) readTexts(name string) (texts []string, err error) {
	m, err := a.markup(name)
	if err != nil {
		return nil, err
	}
	// The parts are read only: closing one can only repeat what reading said.
	defer m.part.Close()
	var text []byte
	held := int64(0)
	for {
		is, err := m.next()
		switch {
		case err != nil:
		case is == starts && m.name == "si":
			text = text[:0]
		case is == chars && m.within("t") && !m.in("rPh"): // how a text is pronounced is not part of it
			text = append(text, m.text...)
		case is == ends && m.name == "si":
			texts = append(texts, unescape(string(text)))
			held += int64(len(text))
		}
		if err == io.EOF {
			return slices.Clip(texts), nil
		}
		if err != nil {
			return nil, err
		}
		if len(text) > a.limits.Row || held > a.limits.Texts || len(texts) > mostTexts {
			return nil, errTexts.With("limit", a.limits.Texts/mega)
		}
	}
}

// next implements rows.
func (w *workbook) next() (raw, error) { return w.rows.next() }

// padded implements rows: empty cells are often not written at all.
func (w *workbook) padded() bool { return true }

// formatAt is the format of a style.
func (w *workbook) formatAt(style int) format {
	if style < len(w.formats) {
		return w.formats[style]
	}
	return format{}
}
