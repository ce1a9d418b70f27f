package audit

import "time"

// Looked makes a sealer believe that it looked for late rows at a time.
func (s *Sealer) Looked(at time.Time) { s.late, s.far = at, at }
