import Base
import CatalogSources
import HTTPClient
import Testing

@testable import CatalogSources
@testable import KubeClient

private func map(_ data: [String: String], namespace: String = "team", name: String = "catalog") -> ConfigMap {
    ConfigMap(meta: ObjectMeta(namespace: namespace, name: name), data: data)
}

@Suite("ConfigMap locations")
struct ConfigMapLocationTests {
    @Test("every key that ends as catalog files do is a location")
    func all() {
        let found = ConfigMapLocation.all(
            in: map(["a.yaml": "1", "b.yml": "2", "c.json": "3", "yaml": "4", ".yaml": "5"]), cluster: "eu/1")
        #expect(
            found == [
                "configmap:eu/1/team/catalog/a.yaml", "configmap:eu/1/team/catalog/b.yml",
                "configmap:eu/1/team/catalog/.yaml",
            ])
    }

    @Test("what differs between two states is announced, removals too")
    func changes() {
        let old = map(["same.yaml": "1", "changed.yaml": "1", "gone.yaml": "1", "other": "1"])
        let new = map(["same.yaml": "1", "changed.yaml": "2", "new.yaml": "1", "other": "2"])
        func names(_ old: ConfigMap?, _ new: ConfigMap?) -> Set<String> {
            Set(
                ConfigMapLocation.changed(from: old, to: new, cluster: "c").compactMap {
                    ConfigMapLocation(parsing: $0)?.key
                })
        }
        #expect(names(old, new) == ["changed.yaml", "gone.yaml", "new.yaml"])
        #expect(names(nil, new) == ["same.yaml", "changed.yaml", "new.yaml"])
        #expect(names(old, nil) == ["same.yaml", "changed.yaml", "gone.yaml"])
        #expect(names(old, old) == [])
        #expect(names(nil, nil) == [])
    }

    @Test("a location is read back as it was", arguments: ["c", "arn:aws:eks:eu:1:cluster/main", "a/b/c"])
    func roundTrip(cluster: String) throws {
        let location = ConfigMapLocation(
            cluster: cluster, object: ObjectKey(namespace: "n", name: "m.x"), key: "a_b-c.yaml")
        #expect(ConfigMapLocation(parsing: location.description) == location)
    }

    @Test(
        "other texts are no locations",
        arguments: ["", "configmap:", "configmap:n/m/k.yaml", "configmap:/n/m/k", "configmap:c/n//k", "file:c/n/m/k"])
    func invalid(text: String) {
        #expect(ConfigMapLocation(parsing: text) == nil)
    }
}

@Suite("ConfigMap announcements")
struct ConfigMapAnnouncementTests {
    private let log = ChangeLog()
    private let announcer = Announcer(cluster: "c")

    @Test("nothing is announced before the first listing, and every change after it")
    func order() {
        announcer.begin { [log] in log.add($0) }
        announcer.observed(.starting)
        announcer.changed(from: nil, to: map(["a.yaml": "1"]))
        #expect(log.changes.isEmpty)
        announcer.observed(.good)
        announcer.observed(.good)
        announcer.changed(from: map(["a.yaml": "1"]), to: map(["a.yaml": "2", "b": "1"]))
        announcer.changed(from: map(["b": "1"]), to: map(["b": "2"]))
        #expect(log.changes == [.listing, .locations(["configmap:c/team/catalog/a.yaml"])])
    }

    @Test("the source asks for a listing when it fails and when it is well again")
    func health() {
        announcer.begin { [log] in log.add($0) }
        announcer.observed(.failing("x"))
        announcer.observed(.failing("y"))
        #expect(log.listings == 1)
        announcer.observed(.good)
        #expect(log.listings == 2)
        announcer.observed(.starting)
        announcer.observed(.failing("x"))
        #expect(log.listings == 3)
    }

    @Test("nothing is announced after the end")
    func ended() {
        announcer.begin { [log] in log.add($0) }
        announcer.observed(.good)
        announcer.end()
        announcer.changed(from: nil, to: map(["a.yaml": "1"]))
        announcer.observed(.failing("x"))
        #expect(log.changes == [.listing])
    }
}

@Suite("ConfigMap source")
struct ConfigMapSourceTests {
    @Test("the informer's status says whether its cache can be trusted")
    func health() {
        var status = InformerStatus()
        #expect(ConfigMapHealth(status) == .starting)
        status.isSynced = true
        #expect(ConfigMapHealth(status) == .good)
        status.isServed = false
        #expect(ConfigMapHealth(status) == .failing("the API server does not serve ConfigMaps"))
        status.isServed = true
        status.lastError = KubernetesError(code: .forbidden, request: "list configmaps", detail: "no")
        #expect(ConfigMapHealth(status) == .failing("list configmaps: no (forbidden)"))
        let error = ConfigMapHealth(status).error(of: SourceID(type: "configmap", target: "c"))
        #expect(error?.description == "configmap:c: list configmaps: no (forbidden)")
    }

    @Test("a cluster out of reach is an error and never an empty list")
    func unreachable() async throws {
        let http = HTTPClient(name: "test")
        defer { http.shutdown() }
        // Port 1 is reserved and closed.
        let client = KubernetesClient(
            ClusterConfiguration(server: "http://127.0.0.1:1"), http: http, version: "test")
        let source = ConfigMapSource(
            cluster: "c", client: client, logger: Logger("test"), interval: .milliseconds(5))
        #expect(source.id.description == "configmap:c")
        do {
            _ = try await source.locations()
            Issue.record("it listed")
        } catch let error as CatalogSourceError {
            #expect(error.description == "configmap:c: not synced yet")
        }

        let log = ChangeLog()
        await source.start { log.add($0) }
        #expect(await log.wait { $0.listings == 1 })
        do {
            _ = try await source.locations()
            Issue.record("it listed")
        } catch let error as CatalogSourceError {
            #expect(error.code == .unreadable)
        }
        await #expect(throws: CatalogSourceError.self) { try await source.read("configmap:c/n/m/a.yaml") }
        do {
            _ = try await source.read("configmap:other/n/m/a.yaml")
            Issue.record("it read")
        } catch let error as CatalogSourceError {
            #expect(error.code == .foreignLocation)
        }
        await source.stop()
        #expect(log.changes == [.listing])
    }
}
