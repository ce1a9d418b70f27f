package web

// keyRoutes are the API keys: a person's own, and all of the organization.
func (s *Site) keyRoutes() []Route {
	routes := []Route{
		{"POST", allKeysPath + "/{id}/release", AdministeringBySecondStep, s.keyRelease},
		{"GET", loaderKeysPath, Administering, s.loaderKeysShow},
	}
	for _, p := range []keyPlace{ownKeys(), allKeys()} {
		look, change, end := SignedIn, ConfirmedBySecondStep, Confirmed
		if p.all {
			look, change, end = Administering, AdministeringBySecondStep, AdministeringConfirmed
		}
		key := p.base + "/{id}"
		routes = append(
			routes,
			Route{"GET", p.base, look, s.keysShow(p)},
			Route{"GET", p.base + "/new", look, s.keyNewShow(p)},
			Route{"POST", p.base + "/new", change, s.keyNew(p)},
			Route{"GET", key, look, s.keyShow(p)},
			Route{"POST", key, change, s.keySave(p)},
			Route{"GET", key + "/saved", look, s.keySavedShow(p)},
			Route{"POST", key + "/saved", look, s.keySaved(p)},
			Route{"GET", key + "/sallyport.env", look, s.keyFile},
			Route{"GET", key + "/roll", look, s.keyRollShow(p)},
			Route{"POST", key + "/roll", change, s.keyRoll(p)},
			Route{"GET", key + "/delete", look, s.keyDeleteShow(p)},
			Route{"POST", key + "/delete", end, s.keyDelete(p)},
		)
	}
	return routes
}
