import TestSupport
import Testing

@testable import Matching

/// The index against its definition: every selector asked about every workload.
struct MatchIndexRandomTests {
    @Test("after any sequence of changes the index knows what asking everybody would find")
    func equalsNaive() throws {
        for seed in 0..<2_000 {
            var world = RandomWorld(seed: UInt64(seed))
            for step in 0..<30 {
                world.mutate()
                if step % 5 == 4, let difference = world.difference() {
                    Issue.record("seed \(seed), step \(step): \(difference)")
                    return
                }
            }
        }
    }

    @Test("many workloads and selectors that share labels stay right while selectors change their place")
    func crowded() throws {
        var world = RandomWorld(seed: 77, workloads: 400, selectors: 60)
        for _ in 0..<3_000 { world.mutate() }
        #expect(world.difference() == nil)
    }

    @Test("the result does not depend on the order of arrival")
    func permutation() throws {
        for seed in 0..<100 {
            var random = SeededRandom(seed: UInt64(seed))
            let workloads = (0..<12).map { RandomWorld.workload($0, &random) }
            let selectors = try (0..<8).map { try #require(RandomWorld.selector($0, &random)) }
            var results: Set<[[Link]]> = []
            for _ in 0..<10 {
                var index = MatchIndex()
                var steps = workloads.map { Step.workload($0) } + selectors.map { Step.selector($0) }
                steps.shuffle(using: &random)
                for step in steps { step.apply(to: &index) }
                results.insert(workloads.map { index.links(of: $0.key) })
            }
            #expect(results.count == 1, "seed \(seed)")
        }
    }

    private enum Step {
        case workload(Workload), selector(EntitySelector)

        func apply(to index: inout MatchIndex) {
            switch self {
            case .workload(let workload): _ = index.upsert(workload)
            case .selector(let selector): _ = index.upsert(selector)
            }
        }
    }
}

/// Workloads and selectors of few labels and values, so that everything overlaps, and the links that the reported
/// changes add up to.
private struct RandomWorld {
    private var random: SeededRandom
    private let workloadCount: Int
    private let selectorCount: Int
    private var index = MatchIndex()
    private var workloads: [WorkloadKey: Workload] = [:]
    private var selectors: [String: EntitySelector] = [:]
    private var byTouched: [WorkloadKey: [Link]] = [:]
    private var bySteps: [WorkloadKey: [String: Link]] = [:]

    init(seed: UInt64, workloads: Int = 8, selectors: Int = 6) {
        random = SeededRandom(seed: seed)
        workloadCount = workloads
        selectorCount = selectors
    }

    mutating func mutate() {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
            let workload = Self.workload(Int.random(in: 0..<workloadCount, using: &random), &random)
            workloads[workload.key] = workload
            note(index.upsert(workload))
        case 5:
            let key = Self.key(Int.random(in: 0..<workloadCount, using: &random))
            workloads[key] = nil
            note(index.remove(key))
        case 6..<9:
            guard let selector = Self.selector(Int.random(in: 0..<selectorCount, using: &random), &random) else {
                return
            }
            selectors[selector.entityRef] = selector
            note(index.upsert(selector))
        default:
            let ref = Self.ref(Int.random(in: 0..<selectorCount, using: &random))
            selectors[ref] = nil
            note(index.remove(entityRef: ref))
        }
    }

    private mutating func note(_ changes: MatchChanges) {
        for (key, links) in changes.touched { byTouched[key] = links.isEmpty ? nil : links }
        for change in changes.changes {
            let known = bySteps[change.workload]?[change.link.entityRef]
            switch change.kind {
            case .began:
                bySteps[change.workload, default: [:]][change.link.entityRef] = known == nil ? change.link : nil
            case .changed: bySteps[change.workload]?[change.link.entityRef] = known == change.link ? nil : change.link
            case .ended: bySteps[change.workload]?[change.link.entityRef] = nil
            }
        }
        bySteps = bySteps.filter { !$0.value.isEmpty }
    }

    /// What is not as it should be; nil when all is well.
    func difference() -> String? {
        var expected: [WorkloadKey: [Link]] = [:]
        for workload in workloads.values {
            let links = naiveLinks(workload)
            if !links.isEmpty { expected[workload.key] = links }
            if index.links(of: workload.key) != links {
                return "\(workload): expected \(links), found \(index.links(of: workload.key))"
            }
        }
        if byTouched != expected { return "touched lists do not add up" }
        let steps = bySteps.mapValues { $0.values.sorted { $0.entityRef < $1.entityRef } }
        if steps != expected { return "steps do not add up" }
        if index.orphans != workloads.keys.filter({ expected[$0] == nil }).sorted() { return "orphans" }
        for ref in selectors.keys {
            let claimed = expected.filter { $0.value.contains { $0.entityRef == ref } }.keys.sorted()
            if index.workloads(of: ref) != claimed { return "workloads of \(ref)" }
            if index.ghosts.contains(ref) != claimed.isEmpty { return "ghost \(ref)" }
        }
        return nil
    }

    private func naiveLinks(_ workload: Workload) -> [Link] {
        let matching = selectors.values.compactMap { selector in
            let on = selector.matches(workload.key, labels: workload.labels, templateLabels: workload.templateLabels)
            return on.isEmpty ? nil : (selector, on)
        }
        let owner = OwnerChoice.among(matching.map(\.0))?.owner
        return matching.map { selector, on in
            Link(
                entityRef: selector.entityRef, rule: selector.rule, matchedOn: on,
                isOwner: selector.entityRef == owner)
        }.sorted { $0.entityRef < $1.entityRef }
    }

    // MARK: Random parts

    private static let keys = ["a", "b", "c", "d"]
    private static let values = ["", "1", "2", "3"]

    static func key(_ number: Int) -> WorkloadKey {
        WorkloadKey(cluster: "c\(number % 2)", kind: "Deployment", namespace: "n\(number % 3)", name: "w\(number)")
    }

    static func ref(_ number: Int) -> String { "component:default/e\(number)" }

    static func workload(_ number: Int, _ random: inout SeededRandom) -> Workload {
        let own = labels(&random)
        let template: Labels? =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: nil
            case 1: own
            default: labels(&random)
            }
        return Workload(key: key(number), labels: own, templateLabels: template)
    }

    private static func labels(_ random: inout SeededRandom) -> Labels {
        Labels((0..<Int.random(in: 0...3, using: &random)).map { _ in label(&random) })
    }

    private static func label(_ random: inout SeededRandom) -> Label {
        Label(pick(keys, &random), pick(values, &random))
    }

    static func selector(_ number: Int, _ random: inout SeededRandom) -> EntitySelector? {
        let terms = (0..<Int.random(in: 1...3, using: &random)).map { _ in requirement(&random) }
        return EntitySelector(
            entityRef: ref(number), selector: LabelSelector(terms),
            rule: Bool.random(using: &random) ? .labelSelector : .kubernetesID,
            namespaces: subset(["n0", "n1", "n2"], &random), clusters: subset(["c0", "c1"], &random))
    }

    private static func requirement(_ random: inout SeededRandom) -> LabelRequirement {
        let key = pick(keys, &random)
        let value = pick(values, &random)
        let set = Set([value, pick(values, &random)])
        let conditions: [LabelRequirement.Condition] = [
            .equals(value), .equals(value), .doubleEquals(value), .notEquals(value), .isIn(set), .isNotIn(set), .exists,
            .doesNotExist, .greaterThan(1), .lessThan(3),
        ]
        return LabelRequirement(key, pick(conditions, &random))
    }

    private static func subset(_ names: [String], _ random: inout SeededRandom) -> Set<String> {
        Bool.random(using: &random) ? [] : Set(names.filter { _ in Bool.random(using: &random) })
    }

    private static func pick<Element>(_ elements: [Element], _ random: inout SeededRandom) -> Element {
        elements[Int.random(in: elements.indices, using: &random)]
    }
}
