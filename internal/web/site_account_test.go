package web_test

// accountFixtures are the fixtures of the account's pages.
func accountFixtures() []fixture { return nil }
