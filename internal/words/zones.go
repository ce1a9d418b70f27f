package words

import (
	_ "embed"
	"slices"
	"strings"
)

// zoneNames are the time zones of the IANA database that people live in, one
// for every part of every country (its file zone.tab, which is in the public
// domain), and UTC. Names that were only kept for old programs are left out.
//
//go:embed zones.txt
var zoneNames string

// Zones returns the names of the time zones a person can choose, sorted.
func Zones() []string { return strings.Fields(zoneNames) }

// KnownZone reports whether name is one of [Zones].
func KnownZone(name string) bool {
	_, found := slices.BinarySearch(Zones(), name)
	return found
}

// ZonePlace returns the part of the world that a zone's name begins with and
// the place as people read it: "Europe", "London". UTC is in no part.
func ZonePlace(name string) (part, place string) {
	part, place, found := strings.Cut(name, "/")
	if !found {
		part, place = "", name
	}
	return part, strings.ReplaceAll(place, "_", " ")
}

// ZonePart returns a part of the world from [ZonePlace] in the language. One that
// is only in old names stays as it is.
func (p Printer) ZonePart(part string) string {
	if name := strings.ToLower(part); p.catalogue.Has("time.zone." + name) {
		return p.T("time.zone." + name)
	}
	return part
}
