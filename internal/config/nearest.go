package config

import "strings"

// Nearest returns which of the known names was probably meant, or "" where none
// is close: two letters may be wrong, or one in three of a longer name.
func Nearest(typed string, known []string) string {
	best, least := "", min(len(typed)/2, max(2, len(typed)/3))+1
	for _, k := range known {
		if d := distance(strings.ToLower(typed), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is how many letters must be put in, left out or exchanged to make b
// of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost++
			}
			before = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func nearestKey(typed string) string {
	var known []string
	for _, o := range Options() {
		known = append(known, o.Key)
		if o.Secret {
			known = append(known, o.Key+"_file")
		}
		// A key written without its table, or in another one.
		if _, last, in := strings.Cut(o.Key, "."); in && last == typed[strings.LastIndexByte(typed, '.')+1:] {
			return suggestion(o.Key)
		}
	}
	return suggestion(Nearest(typed, known))
}

func nearestVariable(typed string) string {
	known := []string{"SALLYPORT_CONFIG"}
	for _, o := range Options() {
		known = append(known, o.Env())
		if o.Secret {
			known = append(known, o.Env()+"_FILE")
		}
	}
	// What all have in common says nothing about how close they are.
	const prefix = "SALLYPORT_"
	for i := range known {
		known[i] = strings.TrimPrefix(known[i], prefix)
	}
	if found := Nearest(strings.TrimPrefix(typed, prefix), known); found != "" {
		return suggestion(prefix + found)
	}
	return ""
}

func suggestion(name string) string {
	if name == "" {
		return ""
	}
	return " (did you mean " + name + "?)"
}
