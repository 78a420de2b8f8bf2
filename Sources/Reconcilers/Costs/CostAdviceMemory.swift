/// What is written of a source's recommendations, so that the same is not sent to the database at every round. Pure.
struct CostAdviceMemory {
    /// Fingerprints of what is stored, by workload.
    private var written: [Int: Int] = [:]

    /// What says something else than what is stored.
    func news(in advice: [any CostAdvice]) -> [any CostAdvice] {
        advice.filter { written[$0.workloadID] != $0.fingerprint }
    }

    /// These are on their way: until they are written it is not known what is stored.
    mutating func sends(_ advice: [any CostAdvice]) {
        for one in advice { written[one.workloadID] = nil }
    }

    mutating func wrote(_ advice: [any CostAdvice]) {
        for one in advice { written[one.workloadID] = one.fingerprint }
    }

    /// This is all that the source says. What it does not mention may be gone from the database, so it is written when it
    /// comes again.
    mutating func keep(_ advice: [any CostAdvice]) {
        let known = Set(advice.map(\.workloadID))
        written = written.filter { known.contains($0.key) }
    }
}
