package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// LoadPackage is an order that is kept under a name.
type LoadPackage struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Order     LoadOrder `json:"order"`
	Actor     string    `json:"actor"`
	LastLoad  string    `json:"last_load,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	ChangedAt time.Time `json:"changed_at"`
	Version   string    `json:"version"`
}

func loadPackage(p core.LoadPackage) LoadPackage {
	return LoadPackage{
		ID: string(p.ID), Name: p.Name, Order: loadOrder(p.Order), Actor: p.By.Name, LastLoad: string(p.LastRun),
		CreatedAt: stored(p.CreatedAt), ChangedAt: stored(p.ChangedAt), Version: strconv.Itoa(p.Version),
	}
}

// stored is a moment as it is kept: to the microsecond.
func stored(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// LoadPackageAnswer is a package with its version as an ETag.
type LoadPackageAnswer struct {
	ETag string `header:"ETag"`
	Body LoadPackage
}

// LoadPackageMadeAnswer is a new package and where it is.
type LoadPackageMadeAnswer struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     LoadPackage
}

// LoadPackageFields are what a package is made of.
type LoadPackageFields struct {
	Name  string    `json:"name" maxLength:"400"`
	Order LoadOrder `json:"order"`
}

// LoadPackageMade is the request for a package.
type LoadPackageMade struct{ Body LoadPackageFields }

// LoadPackageChanged is a change of a package.
type LoadPackageChanged struct {
	Named
	IfMatch string `header:"If-Match" maxLength:"200"`
	Body    LoadPackageFields
}

// addLoadPackages adds the orders that are kept under names.
func (a *Resources) addLoadPackages() {
	const one = "/load-packages/{id}"
	add(a, operation{"list-load-packages", http.MethodGet, "/load-packages", "loads", needLoader, http.StatusOK}, a.listLoadPackages)
	add(a, operation{"create-load-package", http.MethodPost, "/load-packages", "loads", needLoader, http.StatusCreated}, a.createLoadPackage)
	add(a, operation{"get-load-package", http.MethodGet, one, "loads", needLoader, http.StatusOK}, a.getLoadPackage)
	add(a, operation{"replace-load-package", http.MethodPut, one, "loads", needLoader, http.StatusOK}, a.replaceLoadPackage)
	add(a, operation{"delete-load-package", http.MethodDelete, one, "loads", needLoader, http.StatusNoContent}, func(c *call, in *Named) (*Nothing, error) {
		return nil, a.Loads.DeletePackage(c.ctx(), c.loads(), core.ID(in.ID))
	})
}

// listLoadPackages returns all of them: an organization has 200 at most.
func (a *Resources) listLoadPackages(c *call, _ *Nothing) (*Listed[LoadPackage], error) {
	all, err := a.Loads.Packages(c.ctx(), c.loads())
	if err != nil {
		return nil, err
	}
	items := make([]LoadPackage, len(all))
	for i, p := range all {
		items[i] = loadPackage(p)
	}
	return listed(c, "", "", items), nil
}

func (a *Resources) getLoadPackage(c *call, in *Named) (*LoadPackageAnswer, error) {
	p, err := a.Loads.Package(c.ctx(), c.loads(), in.ID)
	if err != nil {
		return nil, err
	}
	body := loadPackage(p)
	return &LoadPackageAnswer{etag(body.Version), body}, nil
}

func (a *Resources) createLoadPackage(c *call, in *LoadPackageMade) (*LoadPackageMadeAnswer, error) {
	p, err := a.Loads.SavePackage(c.ctx(), c.loads(), core.LoadPackage{Name: in.Body.Name, Order: in.Body.Order.order()})
	if err != nil {
		return nil, err
	}
	body := loadPackage(p)
	return &LoadPackageMadeAnswer{httpx.APIPrefix + "load-packages/" + body.ID, etag(body.Version), body}, nil
}

func (a *Resources) replaceLoadPackage(c *call, in *LoadPackageChanged) (*LoadPackageAnswer, error) {
	was, err := a.Loads.Package(c.ctx(), c.loads(), in.ID)
	if err != nil {
		return nil, err
	}
	if err := met(in.IfMatch, strconv.Itoa(was.Version)); err != nil {
		return nil, err
	}
	was.Name, was.Order = in.Body.Name, in.Body.Order.order()
	p, err := a.Loads.SavePackage(c.ctx(), c.loads(), was)
	if err != nil {
		return nil, err
	}
	body := loadPackage(p)
	return &LoadPackageAnswer{etag(body.Version), body}, nil
}
