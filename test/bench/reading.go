package main

// reading explains the table to people.
const reading = `
## How to read it

Each figure stands beside its **floor**: what the same machine does at best with the part of the work that nobody can leave out. The **ratio** is the figure divided by its floor. Both are measured in the same run, in turns of one to eight seconds on the same cores; the turn with the median ratio is the one in the table. The ratios carry over to other machines, the figures do not. The load comes from a client on the same cores, which takes its share of both.

The server is the released program in a process of its own, on loopback, with 100,000 people in its database, default settings and its log on. SQLite runs with ` + "`synchronous=FULL`" + `, PostgreSQL in a cluster of its own on the same machine and the same cores, with ` + "`fsync`" + ` and ` + "`synchronous_commit`" + ` on.

- **signin_2, signin_16, signin_64**: whole sign-ins with password and authenticator app by 2, 16 and 64 visitors at once: three pages, three forms, six requests, over accounts spread through the database. The floor is Argon2id alone at the same cost (64 MiB, one pass, one lane), one hash per core at once, before and after each turn. A ratio of 0.93 says that everything but the hash takes 7 % of the time. **_busy** counts answers of 503, after which the visitor waits as told and tries again; that time counts. **_quiet** is the least share of the cores that the hasher got in the turns beside: where it is far from 100, other programs were at work and the ratio says little. Turns under 93 % are repeated, up to ten.
- **session_check**: ` + "`/api/session`" + ` with a live session, 64 connections. **forward_auth**: ` + "`/api/authz/forward-auth`" + ` as a proxy asks it, likewise. **api_key**: the same for a program that shows an API key in two headers instead of a cookie. The floor is a bare net/http server that writes the same status, headers and bytes. **_p99**: 99 of 100 answers take at most this long.
- **totp_verify**: one check of an authenticator's code over three time steps, beside three plain HMAC-SHA-1 values.
- **cold_start**: from the start of the process to its first 200 of ` + "`/readyz`" + `, median of seven. The floor is ` + "`sallyport version`" + `.
- **memory_idle**: resident memory five seconds after the start. The floor is the bare server.
- **memory_signin**: resident memory under 64 sign-ins at once, the median of ten samples a second. The target is 60 MB and twice what the hashes in work at once take (cores x 64 MiB). **_peak** is the most it ever held. The floor is the program that only hashes, at its peak. A MB is a million bytes.
- **signin_1k_vs_100k**: how long one sign-in takes with 100,000 people in the database; the floor is the same with 1,000. One here, one there, 100 pairs, medians.
- **audit_filter**: one page of 50 rows of the audit log of 1,000,000, by each of its filters at random places, 95 of 100 take at most this long. The floor is the reading of 50 rows by their primary keys, one after each page. **_nothing** looks for a word that nobody wrote: a page then looks at 5,000 rows and offers to go on.
- **audit_verify**: verifying an exported file of the whole log; the floor hashes the file's bytes with SHA-256 and nothing else. **_database** verifies the log where it is; the floor reads the same rows and hashes what is in them.
- **audit_write**: what the audit log costs a sign-in: as many rows as one writes (**_rows**), in a transaction with and without them, and their share of sealing, while the server seals. The floor is a whole sign-in, alone on the server.
- **users_search**: one page of 50 of 100,000 people in Manage Users, with the count of matches and of all: by names, addresses and beginnings of 2 to 5 letters, by each filter and sort, first and later pages; 95 of 100 take at most this long. The floor is the reading of 50 people by their primary keys, one after each page. **_inside** looks for letters with which no word begins, so that all people are looked through.
- **bulk**: one action for all who match a filter: the help desk of 100,000 people, a thousand, is deactivated by a job and let in again by another, from the request, over the list of whom it concerns and the review, to the end. The floor is the same service calls for the same people, one after the other. **_calls** are those; their floor is as many transactions that write an event and a cache change and nothing else.
- **reset_request**: how long the answer to "Forgot your password?" takes for a person there is; the floor is the same for a name that nobody has. They must not be told apart, so the answer waits until a fixed time has gone by, many times what the work takes. One of each in turns, 200 pairs, medians.
- **rehearsal**: what a requirement comes to for each of 100,000 people, by the decisions of a sign-in; the floor is one scan of the same people that reads the same columns and decides nothing. Median of eleven.
`
