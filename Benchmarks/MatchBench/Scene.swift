import Matching

/// Makes workloads with eight labels each, and selectors in the mix that catalogs have: most name one value, some two,
/// some a set and an exclusion, few are broad, few ask for a key or have no positive term.
struct Scene {
    private var random: SplitMix64
    private let applications = 30_000
    private let teams = 400

    init(seed: UInt64) { random = SplitMix64(state: seed) }

    private mutating func number(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func workload() -> Workload {
        let application = number(below: applications)
        let key = WorkloadKey(
            cluster: "c\(number(below: 4))", kind: "Deployment", namespace: "ns\(number(below: 2_000))",
            name: "w\(number(below: .max))")
        let labels = Labels([
            "app.kubernetes.io/name": "app-\(application)", "app.kubernetes.io/instance": "app-\(application)-x",
            "app.kubernetes.io/version": "1.\(number(below: 50))", "app.kubernetes.io/managed-by": "Helm",
            "app.kubernetes.io/part-of": "system-\(application % 3_000)", "team": "team-\(application % teams)",
            "tier": ["front", "back", "data"][application % 3], "env": ["prod", "staging", "dev"][number(below: 3)],
        ])
        return Workload(key: key, labels: labels, templateLabels: labels)
    }

    /// The labels after a new version was rolled out.
    mutating func relabelled(_ labels: Labels) -> Labels {
        Labels(
            labels.map { $0.key == "app.kubernetes.io/version" ? Label($0.key, "2.\(number(below: 50))") : $0 })
    }

    /// 70 % one equality, 15 % two, 8 % a set and an exclusion, 4 % broad, 2 % a key, 1 % without a positive term.
    mutating func selector(_ number: Int) -> EntitySelector {
        let application = self.number(below: applications)
        let text =
            switch self.number(below: 1_000) {
            case ..<700: "app.kubernetes.io/name=app-\(application)"
            case ..<850: "app.kubernetes.io/part-of=system-\(application % 3_000),env=prod"
            case ..<930: "app.kubernetes.io/name in (app-\(application),app-\(application / 2)),env notin (dev)"
            case ..<970: "team=team-\(application % teams)"
            case ..<990: "team-\(number)/only"
            case ..<999: "app.kubernetes.io/instance=app-\(application)-x,tier!=data"
            default: "!app.kubernetes.io/name,env!=env-\(number)"
            }
        // The texts above are selectors, so neither is nil.
        guard let selector = try? LabelSelector(parsing: text),
            let claim = EntitySelector(
                entityRef: "component:default/e\(number)", selector: selector, rule: .labelSelector)
        else { preconditionFailure("\(text) is no selector") }
        return claim
    }
}

/// The same numbers each time.
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
