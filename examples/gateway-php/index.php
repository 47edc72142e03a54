<?php
// Save and find articles with PHP alone. The gateway on this machine finds the nodes, retries, and has the password: there is no code for
// it here, and a connection to loopback for each request costs little. With Composer, elasticsearch/elasticsearch does the same.

/** One request to the engine: its status and its answer. */
function engine(string $method, string $path, mixed $body = null): array
{
    $http = ['method' => $method, 'header' => 'content-type: application/json', 'ignore_errors' => true, 'timeout' => 35];
    if ($body !== null) {
        $http['content'] = json_encode($body);
    }
    $url = (getenv('ES_HOSTS') ?: 'http://127.0.0.1:9200') . $path;
    $text = @file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($text === false) {
        return [503, ['error' => 'the gateway does not answer']];
    }
    return [(int) substr($http_response_header[0], 9, 3), json_decode($text, true)];
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/search') {
    [$status, $found] = engine('POST', '/articles/_search', ['query' => ['match' => ['text' => $_GET['q']]]]);
    $answer = ['articles' => array_column($found['hits']['hits'] ?? [], '_source')];
} elseif ($_SERVER['REQUEST_METHOD'] === 'PUT') {
    [$status, $saved] = engine('PUT', '/articles/_doc/' . basename($path), json_decode(file_get_contents('php://input')));
    $answer = ['version' => $saved['_version'] ?? null];
} else {
    [$status, $got] = engine('GET', '/articles/_doc/' . basename($path));
    $answer = $got['_source'] ?? [];
}
http_response_code($status);
header('content-type: application/json');
echo json_encode($status < 400 ? $answer : ['error' => $saved ?? $found ?? $got]);
