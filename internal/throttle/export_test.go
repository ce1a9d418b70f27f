package throttle

// Networks is how many networks have a password check under way.
func (s *Service) Networks() int {
	s.checks.mu.Lock()
	defer s.checks.mu.Unlock()
	return len(s.checks.networks)
}
