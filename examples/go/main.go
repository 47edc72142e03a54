// Index and search with Go's standard library alone: a program of one file, built without C.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

type service struct {
	hosts  []string
	index  string
	client *http.Client
	next   atomic.Uint32
}

type object = map[string]any

func main() {
	s := &service{
		hosts:  strings.Split(setting("ES_HOST", "http://localhost:9200"), ","),
		index:  setting("INDEX", "documents"),
		client: &http.Client{Timeout: 10 * time.Second},
	}
	routes := http.NewServeMux()
	// What the balancer asks: it never depends on the engine.
	routes.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, object{"status": "ok"}) })
	routes.HandleFunc("/index", s.write)
	routes.HandleFunc("/search", s.search)
	routes.HandleFunc("/documents/", s.read)
	server := &http.Server{
		Addr:              setting("HOST", "127.0.0.1") + ":" + setting("PORT", "5000"),
		Handler:           routes,
		ReadHeaderTimeout: 10 * time.Second,
	}
	stopped := make(chan struct{})
	go func() {
		// SIGTERM ends it when the requests in flight are answered.
		told := make(chan os.Signal, 1)
		signal.Notify(told, syscall.SIGTERM)
		<-told
		within, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := server.Shutdown(within); err != nil {
			log.Print(err)
		}
		close(stopped)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-stopped
}

func (s *service) write(w http.ResponseWriter, r *http.Request) {
	var sent struct {
		ID   string `json:"id"`
		Data any    `json:"data"`
	}
	body := http.MaxBytesReader(w, r.Body, 1<<20)
	if r.Method != http.MethodPost || json.NewDecoder(body).Decode(&sent) != nil || sent.ID == "" || sent.Data == nil {
		answer(w, 400, object{"error": "Missing 'id' or 'data'"})
		return
	}
	document := object{"id": sent.ID, "content": strings.Join(texts(sent.Data), "\n"), "data": sent.Data}
	s.pass(w, http.MethodPut, "/_doc/"+url.PathEscape(sent.ID), document, 201, func(found object) any { return found })
}

func (s *service) read(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimPrefix(r.URL.Path, "/documents/")
	s.pass(w, http.MethodGet, "/_doc/"+url.PathEscape(id), nil, 200, func(found object) any { return found["_source"] })
}

func (s *service) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	if q == "" {
		answer(w, 400, object{"error": "Missing 'q' query parameter"})
		return
	}
	query := object{"query": object{"match": object{"content": q}}}
	s.pass(w, http.MethodPost, "/_search", query, 200, func(found object) any {
		hits, _ := found["hits"].(object)
		return hits["hits"]
	})
}

// pass asks the engine and answers. 429, not 5xx: the balancer takes a machine out at a 5xx, and the engine's faults are not
// this machine's.
func (s *service) pass(w http.ResponseWriter, method, path string, body any, good int, pick func(object) any) {
	status, found, err := s.ask(method, path, body)
	switch {
	case err != nil:
		w.Header().Set("Retry-After", "1")
		answer(w, 429, object{"error": err.Error()})
	case status == 404 || status == 400 || status == 413:
		answer(w, status, object{"error": found["error"]})
	case status >= 300:
		w.Header().Set("Retry-After", "1")
		answer(w, 429, object{"error": found["error"]})
	default:
		answer(w, good, pick(found))
	}
}

// ask tries each node once. Every request is safe to repeat: a document has the caller's id.
func (s *service) ask(method, path string, body any) (status int, found object, err error) {
	sent, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	for range s.hosts {
		host := s.hosts[int(s.next.Add(1))%len(s.hosts)]
		status, found, err = s.askNode(host, method, path, sent)
		if err == nil && status != 429 && status < 500 {
			return status, found, nil
		}
	}
	return status, found, err
}

func (s *service) askNode(host, method, path string, body []byte) (int, object, error) {
	request, err := http.NewRequest(method, host+"/"+s.index+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodGet {
		request.Body, request.ContentLength = http.NoBody, 0
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, err
	}
	var found object
	err = json.Unmarshal(text, &found)
	return response.StatusCode, found, err
}

// texts are all texts that are anywhere in a document.
func texts(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case object:
		var all []string
		for _, child := range v {
			all = append(all, texts(child)...)
		}
		return all
	case []any:
		var all []string
		for _, child := range v {
			all = append(all, texts(child)...)
		}
		return all
	}
	return nil
}

func answer(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(content); err != nil {
		log.Print(err)
	}
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
