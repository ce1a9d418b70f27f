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
			return nil
		}
		params.Cursor = page.JSON200.NextCursor
	}
}

func ptr[T any](v T) *T { return &v }
