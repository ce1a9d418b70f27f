// Package loadschedule loads files and queries by itself, again and again, as the
// person of an API key.
//
// It owns: what a person says of a schedule ([Service]), when it is its turn
// ([Times]), what it may read of the places that the operator named, and taking its
// turn ([Worker]): reading, starting the load, counting what failed, stopping. Of the
// databases among those places a person takes rows at once, too ([Service.Ask]).
//
// It does not own: files and their loads (package loadfile), what rows do (package
// loader), how a database is asked (package sqlsource), who may use a key (core).
package loadschedule
