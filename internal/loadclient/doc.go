// Package loadclient loads a file from another machine: it reads the file and sends
// its rows to a server's API.
//
// It owns: the conversation with the API (a key, waiting, trying again where that is
// safe), reading a file for it, and finding in the whole file what stands twice;
// taking files from a folder of this machine, each once, and where they go then; and
// the way of Data Loader 1.0, for whoever has a username and a password alone.
//
// It does not own: what rows do (package loader, on the server), and what is shown
// meanwhile (package cli).
//
// A batch is done whole and once, and the server says where a load is: whatever breaks
// off, here, there or between, asking it is enough to go on.
//
// Neighbours: cli drives it. It imports core, identifier, table, of loader and loadfile
// the form of failed rows, and of api, httpx and loaderv1 the shapes of what is sent and
// comes back.
package loadclient
