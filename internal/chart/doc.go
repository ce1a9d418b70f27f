// Package chart works out where the parts of a chart stand, for pages that draw
// it as SVG.
//
// It owns: the geometry of bars a day with several series upon each other, the
// scale beside them and its round numbers.
//
// It does not own: colours, patterns and words (the pages), or what the numbers
// mean.
package chart
