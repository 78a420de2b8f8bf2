import TestSupport
import Testing

@testable import KubeClient

@Suite("Object cache")
struct ObjectCacheTests {
    private func pod(_ name: String, node: String = "", owner: ObjectUID? = nil, version: Int = 1) -> Pod {
        Pod(
            meta: ObjectMeta(
                namespace: "shop", name: name, uid: ObjectUID(name), resourceVersion: ResourceVersion("\(version)"),
                owner: owner.map { ControllerReference(group: "apps", kind: "ReplicaSet", name: "rs", uid: $0) }),
            nodeName: node)
    }

    private static let byNode = CacheIndex<Pod>("node") { $0.nodeName.isEmpty ? [] : [.text($0.nodeName)] }

    @Test("an index follows its object, and forgets values that nobody has")
    func index() {
        var state = CacheState<Pod>(indexes: [.controller, Self.byNode])
        _ = state.put(pod("a", node: "one", owner: "owner"))
        _ = state.put(pod("b", node: "one"))
        #expect(Set(state.find(.text("one"), in: "node").map(\.meta.name)) == ["a", "b"])
        #expect(state.find(.uid("owner"), in: "controller").map(\.meta.name) == ["a"])
        _ = state.put(pod("a", node: "two", owner: "owner", version: 2))
        #expect(state.find(.text("one"), in: "node").map(\.meta.name) == ["b"])
        #expect(state.find(.text("two"), in: "node").map(\.meta.resourceVersion) == ["2"])
        _ = state.remove(ObjectKey(namespace: "shop", name: "a"))
        _ = state.remove(ObjectKey(namespace: "shop", name: "b"))
        #expect(state.indexes.allSatisfy { $0.entries.isEmpty })
    }

    @Test("putting what is there already changes nothing")
    func unchanged() {
        let cache = ObjectCache<Pod>()
        #expect(cache.put(pod("a"), replacesNewer: true) == (nil, true))
        #expect(cache.put(pod("a"), replacesNewer: true) == (pod("a"), false))
        #expect(cache.put(pod("a", version: 2), replacesNewer: true) == (pod("a"), true))
    }

    @Test("an older event neither replaces nor removes; a list does, and versions that are no numbers do not count")
    func order() {
        let cache = ObjectCache<Pod>()
        _ = cache.put(pod("a", version: 10), replacesNewer: false)
        #expect(cache.put(pod("a", node: "old", version: 9), replacesNewer: false) == (pod("a", version: 10), false))
        #expect(cache.remove(pod("a").key, at: "9") == nil)
        #expect(cache.put(pod("a", version: 3), replacesNewer: true) == (pod("a", version: 10), true))
        #expect(cache.remove(pod("a").key, at: "opaque") == pod("a", version: 3))
        #expect(cache.count == 0)
    }

    @Test("after a list what it did not have is gone")
    func sweep() {
        let cache = ObjectCache<Pod>(indexes: [Self.byNode])
        for name in ["a", "b", "c"] { _ = cache.put(pod(name, node: "one"), replacesNewer: true) }
        cache.beginList()
        _ = cache.put(pod("b", node: "one"), replacesNewer: true)
        _ = cache.put(pod("d", node: "one"), replacesNewer: true)
        #expect(Set(cache.sweep().map(\.meta.name)) == ["a", "c"])
        #expect(Set(cache.list().map(\.meta.name)) == ["b", "d"])
        #expect(Set(cache.find(.text("one"), in: "node").map(\.meta.name)) == ["b", "d"])
        #expect(cache.get(ObjectKey(namespace: "shop", name: "a")) == nil)
        #expect(cache.count == 2)
    }

    @Test("in any order of changes an index finds what a search of everything finds", arguments: 0..<100)
    func randomChanges(seed: Int) {
        var generator = SeededRandom(seed: UInt64(seed))
        var state = CacheState<Pod>(indexes: [Self.byNode])
        var model: [String: Pod] = [:]
        for version in 0..<200 {
            let name = "pod-\(Int.random(in: 0..<8, using: &generator))"
            let node = ["", "one", "two"][Int.random(in: 0...2, using: &generator)]
            switch Int.random(in: 0...9, using: &generator) {
            case 0...5:
                let pod = pod(name, node: node, version: version)
                #expect(state.put(pod).old == model[name])
                model[name] = pod
            case 6...8:
                #expect(state.remove(ObjectKey(namespace: "shop", name: name)) == model[name])
                model[name] = nil
            default:
                state.beginList()
                let kept = model.values.filter { _ in Bool.random(using: &generator) }
                for pod in kept { _ = state.put(pod) }
                #expect(state.sweep().count == model.count - kept.count)
                model = Dictionary(uniqueKeysWithValues: kept.map { ($0.meta.name, $0) })
            }
            for node in ["one", "two"] {
                #expect(
                    Set(state.find(.text(node), in: "node")) == Set(model.values.filter { $0.nodeName == node }))
            }
            let nodes = Set(model.values.map(\.nodeName)).subtracting([""])
            #expect(state.indexes.reduce(0) { $0 + $1.entries.count } == nodes.count)
        }
    }
}
