import Base
import Costs
import Store
import Testing

@testable import Reconcilers

@Suite("Which recommendations are written")
struct CostAdviceMemoryTests {
    private struct Advice: CostAdvice {
        let workloadID: Int
        let fingerprint: Int

        func recommendation(at now: Timestamp) -> Recommendation {
            Recommendation(workloadID: workloadID, container: "", source: .scaleops, sizingClass: .ok, computedAt: now)
        }
    }

    private func advice(_ fingerprints: [Int: Int]) -> [any CostAdvice] {
        fingerprints.sorted { $0.key < $1.key }.map { Advice(workloadID: $0.key, fingerprint: $0.value) }
    }

    private func ids(_ advice: [any CostAdvice]) -> [Int] { advice.map(\.workloadID) }

    @Test("what was written is not written again, until it says something else")
    func changes() {
        var memory = CostAdviceMemory()
        #expect(ids(memory.news(in: advice([1: 10, 2: 20]))) == [1, 2])
        memory.wrote(advice([1: 10]))
        #expect(ids(memory.news(in: advice([1: 10, 2: 20]))) == [2])
        memory.wrote(advice([2: 20]))
        #expect(memory.news(in: advice([1: 10, 2: 20])).isEmpty)
        #expect(ids(memory.news(in: advice([1: 11, 2: 20]))) == [1])
    }

    @Test("what was away is written when it comes again")
    func returning() {
        var memory = CostAdviceMemory()
        memory.wrote(advice([1: 10, 2: 20]))
        memory.keep(advice([2: 20]))
        #expect(ids(memory.news(in: advice([1: 10, 2: 20]))) == [1])
    }
}
