package cli

// HelpExamples lets tests look at what every help begins with.
func HelpExamples() map[string][]string { return examples() }
