import Base
import HTTPClient
import Testing

@testable import KubeClient

@Suite("REST client metrics")
struct RESTClientMetricsTests {
    private let registry = MetricsRegistry()

    private func client(_ server: ScriptedServer) -> KubernetesClient {
        let metrics = RESTClientMetrics(registry)
        return server.client(observe: metrics.observer(of: ClusterConfiguration(server: server.url)))
    }

    private func has(_ line: String) -> Bool { registry.exposition().split(separator: "\n").contains { $0 == line } }

    @Test("requests, sizes and repeats are counted under client-go's names, by host")
    func requests() async throws {
        let server = try ScriptedServer(
            .refusal(429, body: Array("busy".utf8), headers: ["Retry-After": "1"]), .bytes(Array("{}".utf8), .end))
        let client = client(server)
        let host = client.configuration.host
        _ = try await client.create("/api/v1/namespaces", ["a": 1])
        #expect(has(#"rest_client_requests_total{code="429",method="POST",host="\#(host)"} 1"#))
        #expect(has(#"rest_client_requests_total{code="200",method="POST",host="\#(host)"} 1"#))
        #expect(has(#"rest_client_request_retries_total{code="429",verb="POST",host="\#(host)"} 1"#))
        #expect(has(#"rest_client_request_duration_seconds_count{verb="POST",host="\#(host)"} 2"#))
        #expect(has(#"rest_client_request_size_bytes_sum{verb="POST",host="\#(host)"} 14"#))
        #expect(has(#"rest_client_response_size_bytes_sum{verb="POST",host="\#(host)"} 6"#))
        #expect(has(#"rest_client_rate_limiter_duration_seconds_count{verb="POST",host="\#(host)"} 1"#))
        // An address is not looked up.
        #expect(!registry.exposition().contains("rest_client_dns_resolution_duration_seconds_count"))
    }

    @Test("what had no answer is counted as an error")
    func unreachable() async {
        let configuration = ClusterConfiguration(server: "http://127.0.0.1:1")
        let client = KubernetesClient(
            configuration, http: HTTPClient(name: "test"), version: "0",
            observe: RESTClientMetrics(registry).observer(of: configuration))
        _ = try? await client.get("/api")
        #expect(has(#"rest_client_requests_total{code="<error>",method="GET",host="127.0.0.1:1"} 1"#))
    }

    @Test("a watch counts when its header is there, not with its whole life; a list that is streamed has its size")
    func streams() async throws {
        let server = try ScriptedServer(
            .bytes(Array("watch".utf8), .hold), .bytes(Array("list of objects".utf8), .end))
        let client = client(server)
        let host = client.configuration.host
        let watch = try await client.open(KubernetesRequest("GET", "/api/v1/namespaces", query: [("watch", "1")]))
        #expect(has(#"rest_client_requests_total{code="200",method="GET",host="\#(host)"} 1"#))
        #expect(has(#"rest_client_request_duration_seconds_bucket{verb="GET",host="\#(host)",le="4"} 1"#))
        let list = try await client.open(KubernetesRequest("GET", "/api/v1/namespaces"))
        while try await list.next() != nil {}
        watch.cancel()
        #expect(has(#"rest_client_response_size_bytes_sum{verb="GET",host="\#(host)"} 15"#))
        #expect(has(#"rest_client_response_size_bytes_count{verb="GET",host="\#(host)"} 1"#))
    }

    @Test("looking up a name is measured once for a connection")
    func nameLookup() async throws {
        let server = try ScriptedServer(.bytes(Array("{}".utf8), .end), .bytes(Array("{}".utf8), .end))
        let configuration = ClusterConfiguration(
            server: "http://localhost:\(server.url.split(separator: ":").last ?? "")")
        let client = KubernetesClient(
            configuration, http: HTTPClient(name: "test"), version: "0",
            observe: RESTClientMetrics(registry).observer(of: configuration))
        for _ in 0..<2 { _ = try await client.get("/api/v1/namespaces") }
        #expect(has(#"rest_client_dns_resolution_duration_seconds_count{host="\#(configuration.host)"} 1"#))
    }
}
