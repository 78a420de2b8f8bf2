import Base
import Store
import Testing

@testable import Reconcilers

@Suite("Which runs of sources are noted")
struct SourceRunsTests {
    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds) }

    private static func tally(locations: Int = 1, added: Int = 0, problems: Bool = false) -> SourceTally {
        var tally = SourceTally()
        (tally.locations, tally.added, tally.hasOtherProblems) = (locations, added, problems)
        return tally
    }

    @Test("a run adds up what its parts came to, from the first look until nothing waits")
    func addition() {
        var runs = SourceRuns()
        runs.began(1, at: Self.at(10))
        runs.listed(1, error: nil)
        runs.count([1: Self.tally(added: 2), 2: Self.tally(added: 1)], at: Self.at(11))
        runs.count([1: Self.tally(added: 3)], at: Self.at(12))
        let due = runs.ended(at: Self.at(13))
        #expect(due.news.map(\.sourceID) == [1, 2] && due.idle.isEmpty)
        #expect(due.news[0].tally == Self.tally(locations: 2, added: 5))
        #expect(due.news[0].beganAt == Self.at(10) && due.news[0].endedAt == Self.at(13))
        #expect(due.news[1].beganAt == Self.at(11))
        let after = runs.ended(at: Self.at(14))
        #expect(after == SourceRuns.Due())
    }

    @Test("what a source began by itself earlier counts from there")
    func ownBeginning() {
        var runs = SourceRuns()
        runs.began(1, at: Self.at(10), beganAt: Self.at(4))
        runs.count([1: Self.tally(added: 1)], at: Self.at(11))
        let due = runs.ended(at: Self.at(13))
        #expect(due.news.first?.beganAt == Self.at(4))
    }

    @Test("what changes nothing is noted once a minute, with how often it was")
    func idle() {
        var runs = SourceRuns()
        var noted: [SourceRun] = []
        for second in 0..<150 {
            runs.count([1: Self.tally()], at: Self.at(Int64(second)))
            let due = runs.ended(at: Self.at(Int64(second)))
            #expect(due.news.isEmpty)
            noted += due.idle
        }
        #expect(noted.map(\.beganAt) == [Self.at(0), Self.at(1), Self.at(61)])
        #expect(noted.map(\.repeats) == [0, 59, 59])
        #expect(noted.last?.repeatedAt == Self.at(120))
    }

    @Test("a change, other problems, another error and its end are noted at once, after what came to nothing before")
    func news() {
        var runs = SourceRuns()
        func run(_ tally: SourceTally, error: String? = nil, at second: Int64) -> SourceRuns.Due {
            runs.began(1, at: Self.at(second))
            runs.listed(1, error: error)
            runs.count([1: tally], at: Self.at(second))
            return runs.ended(at: Self.at(second))
        }
        _ = run(Self.tally(), at: 0)
        #expect(run(Self.tally(), at: 1) == SourceRuns.Due())
        let changed = run(Self.tally(added: 1), at: 2)
        #expect(changed.idle.map(\.beganAt) == [Self.at(1)] && changed.news.map(\.beganAt) == [Self.at(2)])
        #expect(run(Self.tally(problems: true), at: 3).news.count == 1)
        #expect(run(Self.tally(), error: "down", at: 4).news.map(\.error) == ["down"])
        #expect(run(Self.tally(), error: "down", at: 5) == SourceRuns.Due())
        #expect(run(Self.tally(), at: 6).news.map(\.error) == [nil])
    }
}
