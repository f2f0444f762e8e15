package main

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTreesOfAKind(t *testing.T) {
	answer := httptest.NewRecorder()
	handler().ServeHTTP(answer, httptest.NewRequest("GET", "/trees?kind=pears", nil))
	if body := answer.Body.String(); answer.Code != 200 || !strings.Contains(body, `"name":"well"`) {
		t.Errorf("%d %s", answer.Code, body)
	}
}

func TestUnknownKind(t *testing.T) {
	answer := httptest.NewRecorder()
	handler().ServeHTTP(answer, httptest.NewRequest("GET", "/trees?kind=rock", nil))
	if answer.Code != 400 {
		t.Errorf("got %d", answer.Code)
	}
}
