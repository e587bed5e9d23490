// SPDX-License-Identifier: Apache-2.0

package apiproxy

import (
	"fmt"
	"net/http"
	"net/http/httptest"
)

// Fate is what becomes of a request.
type Fate int

// The fates that a request can meet.
const (
	Passes    Fate = iota
	Fails          // 500, and nothing is written
	Conflicts      // 409, and nothing is written
	GetsLost       // written, and the connection ends without an answer
	Forbidden      // 403
	Cut            // the connection ends before anything is written
)

func (p *Proxy) meet(what Fate, c Call, number int, w http.ResponseWriter, r *http.Request) {
	switch what {
	case Passes:
		p.reverse.ServeHTTP(w, r)
	case Fails:
		p.refuse(w, number, http.StatusInternalServerError, "InternalError", "the test lets this fail")
	case Conflicts:
		p.refuse(w, number, http.StatusConflict, "Conflict", "the test pretends that the object has been modified")
	case Forbidden:
		p.refuse(w, number, http.StatusForbidden, "Forbidden",
			fmt.Sprintf("%s is forbidden: User \"serin\" cannot %s resource %q", c.kind(), c.Verb, c.Resource))
	case GetsLost:
		p.reverse.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case Cut:
		panic(http.ErrAbortHandler)
	}
}

func (p *Proxy) refuse(w http.ResponseWriter, number, code int, reason, message string) {
	p.note(number, code)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"message":%q,"code":%d}`, reason, message, code)
}
