import Testing

@testable import Matching

struct MatchIndexTests {
    private func key(_ name: String, namespace: String = "n", cluster: String = "c") -> WorkloadKey {
        WorkloadKey(cluster: cluster, kind: "Deployment", namespace: namespace, name: name)
    }

    private func selector(
        _ ref: String, _ text: String, namespaces: Set<String> = [], clusters: Set<String> = []
    ) throws -> EntitySelector {
        try #require(
            EntitySelector(
                entityRef: ref, selector: LabelSelector(parsing: text), rule: .labelSelector,
                namespaces: namespaces, clusters: clusters))
    }

    private func link(_ ref: String, _ on: MatchedOn = .workload, owner: Bool = true) -> Link {
        Link(entityRef: ref, rule: .labelSelector, matchedOn: on, isOwner: owner)
    }

    @Test("a link begins whichever side comes first, and ends with either side")
    func beginAndEnd() throws {
        let shop = try selector("c:d/shop", "app=shop")
        var index = MatchIndex()
        #expect(index.upsert(shop).isEmpty)
        #expect(index.ghosts == ["c:d/shop"])
        let began = index.upsert(key("a"), labels: ["app": "shop"], templateLabels: nil)
        #expect(began.changes == [LinkChange(.began, key("a"), link("c:d/shop"))])
        #expect(began.touched == [key("a"): [link("c:d/shop")]] && began.entities == ["c:d/shop"])
        #expect(index.ghosts == [] && index.orphans == [])
        #expect(index.workloads(of: "c:d/shop") == [key("a")])

        let ended = index.remove(entityRef: "c:d/shop")
        #expect(ended.changes == [LinkChange(.ended, key("a"), link("c:d/shop"))])
        #expect(ended.touched == [key("a"): []])
        #expect(index.orphans == [key("a")])

        #expect(index.upsert(shop).changes == began.changes)
        #expect(index.remove(key("a")).changes == ended.changes)
        #expect(index.workloadCount == 0 && index.ghosts == ["c:d/shop"])
        #expect(index.remove(key("a")).isEmpty && index.remove(entityRef: "c:d/none").isEmpty)
    }

    @Test("either label set suffices alone, both together do not, and the link says which")
    func labelSets() throws {
        var index = MatchIndex()
        _ = index.upsert(try selector("c:d/x", "a=1,b=2"))
        func matchedOn(_ labels: Labels, _ template: Labels?) -> MatchedOn? {
            _ = index.upsert(key("w"), labels: labels, templateLabels: template)
            return index.links(of: key("w")).first?.matchedOn
        }
        #expect(matchedOn(["a": "1", "b": "2"], [:]) == .workload)
        #expect(matchedOn([:], ["a": "1", "b": "2", "c": "3"]) == .template)
        #expect(matchedOn(["a": "1", "b": "2"], ["a": "1", "b": "2"]) == .both)
        #expect(matchedOn(["a": "1"], ["b": "2"]) == nil)
        #expect(matchedOn(["a": "1", "b": "3"], ["a": "2", "b": "2"]) == nil)
    }

    @Test("a workload without a pod template does not match a negative term through it")
    func noTemplate() throws {
        var index = MatchIndex()
        _ = index.upsert(try selector("c:d/x", "!a"))
        #expect(index.upsert(key("pod"), labels: ["a": "1"], templateLabels: nil).isEmpty)
        #expect(index.upsert(key("deployment"), labels: ["a": "1"], templateLabels: [:]).touched.count == 1)
        #expect(index.residualCount == 1)
    }

    @Test("a set term that both label sets satisfy with different values makes one link")
    func differentValues() throws {
        var index = MatchIndex()
        _ = index.upsert(try selector("c:d/x", "a in (1,2)"))
        _ = index.upsert(key("w"), labels: ["a": "1"], templateLabels: ["a": "2"])
        #expect(index.links(of: key("w")) == [link("c:d/x", .both)])
    }

    @Test("unchanged labels and an unchanged selector change nothing")
    func unchanged() throws {
        var index = MatchIndex()
        _ = index.upsert(try selector("c:d/x", "a"))
        _ = index.upsert(key("w"), labels: ["a": "1"], templateLabels: nil)
        #expect(index.upsert(Workload(key: key("w"), labels: ["a": "1"], podCount: 7)).isEmpty)
        #expect(index.upsert(try selector("c:d/x", "a")).isEmpty)
        #expect(index.upsert(key("w"), labels: ["a": "2"], templateLabels: nil).isEmpty)
    }

    @Test("a new link that takes ownership reports that the former owner lost it")
    func ownership() throws {
        var index = MatchIndex()
        _ = index.upsert(key("w"), labels: ["a": "1", "b": "2"], templateLabels: nil)
        _ = index.upsert(try selector("c:d/a", "a=1"))
        let taken = index.upsert(try selector("c:d/b", "a=1,b=2"))
        #expect(
            taken.changes == [
                LinkChange(.changed, key("w"), link("c:d/a", owner: false)),
                LinkChange(.began, key("w"), link("c:d/b")),
            ])
        #expect(taken.touched == [key("w"): [link("c:d/a", owner: false), link("c:d/b")]])
        #expect(index.owner(of: key("w"))?.reason == .requirements)

        let returned = index.upsert(key("w"), labels: ["a": "1"], templateLabels: nil)
        #expect(returned.touched == [key("w"): [link("c:d/a")]])
        #expect(index.owner(of: key("w"))?.reason == .onlyMatch)
    }

    @Test("a selector that becomes more specific takes ownership although it matches what it matched")
    func sharpened() throws {
        var index = MatchIndex()
        _ = index.upsert(key("w"), labels: ["a": "1", "b": "2"], templateLabels: nil)
        _ = index.upsert(try selector("c:d/a", "a=1"))
        _ = index.upsert(try selector("c:d/b", "a=1"))
        #expect(index.owner(of: key("w"))?.owner == "c:d/a")
        let changes = index.upsert(try selector("c:d/b", "a=1", namespaces: ["n"]))
        #expect(changes.changes.map(\.kind) == [.changed, .changed])
        #expect(index.owner(of: key("w"))?.owner == "c:d/b")
        #expect(index.owner(of: key("none")) == nil)
    }

    @Test("pins keep a selector to its clusters and namespaces")
    func scope() throws {
        var index = MatchIndex()
        _ = index.upsert(try selector("c:d/both", "a", namespaces: ["n", "m"], clusters: ["c", "d"]))
        _ = index.upsert(try selector("c:d/namespace", "a", namespaces: ["n"]))
        _ = index.upsert(try selector("c:d/cluster", "!x", clusters: ["d"]))
        func refs(_ namespace: String, _ cluster: String) -> [String] {
            let key = key("w", namespace: namespace, cluster: cluster)
            _ = index.upsert(key, labels: ["a": ""], templateLabels: nil)
            return index.links(of: key).map(\.entityRef)
        }
        #expect(refs("n", "c") == ["c:d/both", "c:d/namespace"])
        #expect(refs("m", "d") == ["c:d/both", "c:d/cluster"])
        #expect(refs("n", "e") == ["c:d/namespace"])
        #expect(refs("x", "d") == ["c:d/cluster"])
        #expect(refs("x", "c") == [])
    }

    @Test("changes of a batch add up to one list per workload")
    func batch() throws {
        var index = MatchIndex()
        var batch = index.upsert(key("w"), labels: ["a": "1"], templateLabels: nil)
        batch.append(index.upsert(try selector("c:d/a", "a=1")))
        batch.append(index.upsert(try selector("c:d/b", "a=1,!b")))
        batch.append(index.remove(entityRef: "c:d/a"))
        #expect(batch.touched == [key("w"): [link("c:d/b")]])
        #expect(batch.entities == ["c:d/a", "c:d/b"])
        #expect(batch.changes.map(\.kind) == [.began, .changed, .began, .ended])
    }

    @Test("a selector moves to another term when its own becomes common")
    func reanchoring() throws {
        var index = MatchIndex()
        // Without workloads both terms look alike; the first one turns out to be on everything.
        for name in 0..<50 { _ = index.upsert(try selector("c:d/\(name)", "common=yes,name=w\(name)")) }
        for name in 0..<500 {
            let labels: Labels = ["common": "yes", "name": "w\(name)"]
            let touched = index.upsert(key("w\(name)"), labels: labels, templateLabels: labels).touched
            #expect(touched.count == (name < 50 ? 1 : 0))
        }
        let common = index.table.keys.elements.first { $0.name == "common" }
        let pair = try #require(common?.pairs.first)
        #expect(index.pairPostings.waiting(at: pair) == 0)
        #expect(index.ghosts.isEmpty && index.orphans.count == 450)
    }

    @Test("labels that nobody uses any more are forgotten")
    func forgetting() throws {
        var index = MatchIndex()
        for round in 0..<100 {
            _ = index.upsert(try selector("c:d/x", "a\(round)=1,b in (\(round)),!c,d>\(round)"))
            _ = index.upsert(key("w"), labels: ["a\(round)": "1", "b": "\(round)"], templateLabels: ["d": "\(round)"])
        }
        #expect(index.table.count < 20)
        _ = index.remove(key("w"))
        _ = index.remove(entityRef: "c:d/x")
        #expect(index.table.count == 0 && index.residualCount == 0)
    }

    @Test("own and template labels may exchange their values")
    func exchange() {
        var index = MatchIndex()
        let key = WorkloadKey(cluster: "c", kind: "Deployment", namespace: "n", name: "w")
        for (own, template) in [("1", "2"), ("2", "1"), ("1", "2")] {
            _ = index.upsert(key, labels: ["a": own], templateLabels: ["a": template])
        }
        _ = index.remove(key)
        #expect(index.table.count == 0)
    }
}
