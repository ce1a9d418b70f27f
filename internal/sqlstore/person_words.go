package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/sallyport/sallyport/internal/core"
)

// The bounds of what is searched: of a person, and of what was typed.
const (
	maxWordRunes   = 32
	wordsPerPerson = 24
	maxSearchKey   = 800 // in bytes, so that it fits into an index
	maxNameKey     = 400 // likewise; two names of 80 characters are longer only in rare scripts
	wordsPerSearch = 8
)

// fold takes case and accents off, so that José is found as jose.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(clean(s)))
}

// wordsOf takes texts apart into folded words of letters and digits, each once
// and at most so many. No word holds a character that means something in a
// pattern.
func wordsOf(most int, texts ...string) []string {
	var words []string
	for _, text := range texts {
		for word := range strings.FieldsSeq(apart(fold(text))) {
			if runes := []rune(word); len(runes) > maxWordRunes {
				word = string(runes[:maxWordRunes])
			}
			if !slices.Contains(words, word) && len(words) < most {
				words = append(words, word)
			}
		}
	}
	return words
}

// apart puts spaces in the place of what is neither letter nor digit, and between
// the two: of smith42 and smith, one is found with the other.
func apart(s string) string {
	var b strings.Builder
	digits := false
	for _, r := range s {
		switch {
		case unicode.IsDigit(r) || unicode.IsLetter(r):
			if unicode.IsDigit(r) != digits {
				b.WriteByte(' ')
			}
			digits = unicode.IsDigit(r)
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// cut shortens a text to so many bytes.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// nameAndWords is what a list of people needs of one of them.
type nameAndWords struct {
	nameKey   string
	searchKey string // each word with a space before it; never empty
	words     []string
}

func folded(u core.User) nameAndWords {
	words := wordsOf(wordsPerPerson, u.FirstName, u.LastName, u.Email, u.Username)
	for len(strings.Join(words, " ")) > maxSearchKey {
		words = words[:len(words)-1]
	}
	return nameAndWords{
		nameKey:   cut(strings.Join(strings.Fields(fold(u.Name())), " "), maxNameKey),
		searchKey: " " + strings.Join(words, " "),
		words:     words,
	}
}

// wordKey writes a word in digits: every database, under whatever language it
// compares texts, puts them in this order, which is not so with letters. The key
// of a beginning is the beginning of the key.
func wordKey(word string) string {
	var b strings.Builder
	for _, r := range word {
		switch {
		case r >= '0' && r <= '9':
			fmt.Fprintf(&b, "%02d", r-'0'+10)
		case r >= 'a' && r <= 'z':
			fmt.Fprintf(&b, "%02d", r-'a'+20)
		default:
			fmt.Fprintf(&b, "9%07d", r)
		}
	}
	return b.String()
}

// wordRange returns where the keys of words with this beginning begin and end.
func wordRange(beginning string) (from, until string) {
	from = wordKey(beginning)
	next := []byte(from)
	for i := len(next) - 1; i >= 0; i-- {
		if next[i] < '9' {
			next[i]++
			return from, string(next[:i+1])
		}
	}
	return from, "99" // no key begins with it: there are fewer than ten million characters
}

const insertWord = `INSERT INTO person_word (organization_id, word, user_id) VALUES `

// wordRow is one word of a person.
type wordRow struct {
	organization, user core.ID
	word               string
}

func wordValues(w wordRow) []any {
	return []any{string(w.organization), wordKey(w.word), string(w.user)}
}

// insertWords stores the words of new people.
func (t *tx) insertWords(people ...core.User) error {
	var rows []wordRow
	for _, u := range people {
		for _, word := range folded(u).words {
			rows = append(rows, wordRow{u.OrganizationID, u.ID, word})
		}
	}
	return insertMany(t, insertWord, 3, rows, wordValues)
}

// refold writes what somebody is sorted and searched by anew, after a name or an
// address of theirs was written in the same transaction.
func (t *tx) refold(organizationID, userID core.ID) error {
	user, org := string(userID), string(organizationID)
	var u core.User
	var nameKey, searchKey string
	err := t.queryRow(`SELECT first_name, last_name, email, username, name_key, search_key FROM person WHERE id = $1 AND organization_id = $2`, user, org).
		Scan(&u.FirstName, &u.LastName, &u.Email, &u.Username, &nameKey, &searchKey)
	if err != nil {
		return noRows(err)
	}
	is, was := folded(u), strings.Fields(searchKey)
	if is.nameKey == nameKey && is.searchKey == searchKey {
		return nil
	}
	for _, word := range was {
		if slices.Contains(is.words, word) {
			continue
		}
		err := t.all(`DELETE FROM person_word WHERE organization_id = $1 AND word = $2 AND user_id = $3`, org, wordKey(word), user)
		if err != nil {
			return err
		}
	}
	for _, word := range is.words {
		if slices.Contains(was, word) {
			continue
		}
		err := t.all(insertWord+`($1, $2, $3) ON CONFLICT (organization_id, word, user_id) DO NOTHING`, org, wordKey(word), user)
		if err != nil {
			return err
		}
	}
	return t.all(`UPDATE person SET name_key = $3, search_key = $4 WHERE id = $1 AND organization_id = $2`, user, org, is.nameKey, is.searchKey)
}

// foldBatch is how many people one transaction of [Store.foldAll] takes.
const foldBatch = 500

// foldAll writes what people are sorted and searched by where it is missing:
// those from before that was kept. It is done in small transactions, so it may be
// interrupted and goes on where it was; replicas that do it at once do no harm.
func (s *Store) foldAll(ctx context.Context) error {
	for {
		n := 0
		err := s.runInTx(ctx, "fold people", func(t *tx) error {
			rows, err := t.query(`SELECT organization_id, id FROM person WHERE search_key = '' ORDER BY id LIMIT $1`, int64(foldBatch))
			type key struct{ organization, id core.ID }
			all, err := collect(rows, err, func(r *sql.Rows) (k key, err error) { return k, r.Scan(&k.organization, &k.id) })
			if err != nil {
				return err
			}
			n = len(all)
			for _, k := range all {
				if err := t.lock(k.organization, k.id); err != nil { // nobody renames them meanwhile
					return err
				}
				if err := t.refold(k.organization, k.id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
	}
}
