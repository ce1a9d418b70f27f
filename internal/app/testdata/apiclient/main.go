// Command apiclient uses a client that oapi-codegen made of the document of the
// API: it knows nothing of Sallyport but that document, an address and a key.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	c, err := NewClientWithResponses(os.Getenv("API_SERVER"), WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Sallyport-Access-Key", os.Getenv("API_ACCESS"))
		r.Header.Set("Sallyport-Secret-Key", os.Getenv("API_SECRET"))
		return nil
	}))
	if err != nil {
		return err
	}
	group, err := c.CreateGroupWithResponse(ctx, &CreateGroupParams{}, NewGroup{Name: "Generated"})
	if err != nil || group.JSON201 == nil {
		return fmt.Errorf("create a group: %w %s", err, group.Body)
	}
	for i := range 5 {
		email, call := fmt.Sprintf("made%d@example.com", i), fmt.Sprintf("made-%d", i)
		for range 2 { // the second time nothing happens
			made, err := c.CreatePersonWithResponse(ctx, &CreatePersonParams{IdempotencyKey: &call}, NewPerson{
				Email: &email, FirstName: "Made", LastName: fmt.Sprint("Person ", i),
			})
			if err != nil || made.JSON201 == nil {
				return fmt.Errorf("create somebody: %w %s", err, made.Body)
			}
			joined, err := c.AddMemberWithResponse(ctx, group.JSON201.Id, made.JSON201.Id, &AddMemberParams{})
			if err != nil || joined.StatusCode() != http.StatusNoContent {
				return fmt.Errorf("add a member: %w %s", err, joined.Body)
			}
		}
	}
	limit, title := int64(2), "Dr."
	params := ListMembersParams{Limit: &limit}
	for seen := 0; ; {
		page, err := c.ListMembersWithResponse(ctx, group.JSON201.Id, &params)
		if err != nil || page.JSON200 == nil {
			return fmt.Errorf("list members: %w %s", err, page.Body)
		}
		for _, p := range page.JSON200.Items {
			seen++
			changed, err := c.UpdatePersonWithResponse(ctx, p.Id, &UpdatePersonParams{IfMatch: ptr(`"` + *p.Version + `"`)}, ProfileFields{Title: &title})
			if err != nil || changed.JSON200 == nil || *changed.JSON200.Title != title {
				return fmt.Errorf("change somebody: %w %s", err, changed.Body)
			}
		}
		if page.JSON200.NextCursor == nil {
			fmt.Println("changed", seen)
			return load(ctx, c)
		}
		params.Cursor = page.JSON200.NextCursor
	}
}

func ptr[T any](v T) *T { return &v }

// load loads three people in two batches, one of them twice, and one that cannot be
// taken.
func load(ctx context.Context, c *ClientWithResponses) error {
	target := NewLoadTargetPeople
	begun, err := c.BeginLoadWithResponse(ctx, &BeginLoadParams{}, NewLoad{
		Name: "generated.csv", Target: &target, ColumnNames: []string{"Email", "First name", "Last name"}, FirstRow: 2,
	})
	if err != nil || begun.JSON201 == nil {
		return fmt.Errorf("begin a load: %w %s", err, begun.Body)
	}
	id := begun.JSON201.Id
	for _, batch := range [][]LoadRow{
		{{Row: 2, Cells: []string{"loaded2@example.com", "Loaded", "Two"}}, {Row: 3, Cells: []string{"loaded3@", "Loaded", "Three"}}},
		{{Row: 4, Cells: []string{"loaded4@example.com", "Loaded", "Four"}}},
	} {
		sent, err := c.LoadRowsWithResponse(ctx, id, &LoadRowsParams{}, LoadRowsJSONRequestBody{Rows: batch})
		if err != nil || sent.JSON200 == nil {
			return fmt.Errorf("load rows: %w %s", err, sent.Body)
		}
		again, err := c.LoadRowsWithResponse(ctx, id, &LoadRowsParams{}, LoadRowsJSONRequestBody{Rows: batch})
		if err != nil || again.StatusCode() != http.StatusConflict {
			return fmt.Errorf("load rows twice: %w %s", err, again.Body)
		}
	}
	done, err := c.FinishLoadWithResponse(ctx, id, &FinishLoadParams{})
	if err != nil || done.JSON200 == nil {
		return fmt.Errorf("finish a load: %w %s", err, done.Body)
	}
	rejected, err := c.ListRejectedRowsWithResponse(ctx, id, &ListRejectedRowsParams{})
	if err != nil || rejected.JSON200 == nil || len(rejected.JSON200.Items) != 1 || rejected.JSON200.Items[0].Row != 3 {
		return fmt.Errorf("rejected rows: %w %s", err, rejected.Body)
	}
	fmt.Println("loaded", done.JSON200.Counts.Added)
	return nil
}
