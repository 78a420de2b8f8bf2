import Testing

@testable import CatalogSources

@Suite("file changes")
struct FileChangesTests {
    /// A state of a file that a number stands for.
    private func state(_ number: Int) -> FileFingerprint {
        FileFingerprint(device: 1, inode: 1, size: 1, modified: number, changed: number)
    }

    private func files(_ numbers: [String: Int]) -> [String: FileFingerprint] { numbers.mapValues { state($0) } }

    @Test("the first look asks for a listing, readable or not")
    func first() {
        var changes = FileChanges()
        #expect(changes.observe(files(["a": 1])) == .init(listingChanged: true))
        var unreadable = FileChanges()
        #expect(unreadable.observe(nil) == .init(listingChanged: true))
        #expect(unreadable.observe(nil) == .init())
        #expect(unreadable.observe(files([:])) == .init(listingChanged: true))
    }

    @Test("a change is announced when it was seen twice")
    func settled() {
        var changes = FileChanges()
        _ = changes.observe(files(["a": 1, "b": 1]))
        #expect(changes.observe(files(["a": 1, "b": 1])) == .init())
        #expect(changes.observe(files(["a": 2, "b": 1])) == .init(isSettling: true))
        #expect(changes.observe(files(["a": 2, "b": 1])) == .init(changed: ["a"]))
        #expect(changes.observe(files(["a": 2, "b": 1])) == .init())
    }

    @Test("files that come and go are announced")
    func comeAndGo() {
        var changes = FileChanges()
        _ = changes.observe(files(["a": 1]))
        #expect(changes.observe(files(["b": 1])) == .init(isSettling: true))
        #expect(changes.observe(files(["b": 1])) == .init(changed: ["a", "b"]))
    }

    @Test("a file that is still being written waits, but not for ever, and is announced once more when it rests")
    func restless() {
        var changes = FileChanges()
        _ = changes.observe(files(["a": 0]))
        var announcedAt: [Int] = []
        for number in 1...5 where changes.observe(files(["a": number])).changed == ["a"] { announcedAt.append(number) }
        #expect(announcedAt == [FileChanges.maximumLooks])
        #expect(changes.observe(files(["a": 5])).changed == ["a"])
        #expect(changes.observe(files(["a": 5])) == .init())
    }

    @Test("a directory that cannot be read announces that, and all is listed again when it can")
    func unreadable() {
        var changes = FileChanges()
        _ = changes.observe(files(["a": 1, "b": 1]))
        _ = changes.observe(files(["a": 2, "b": 1]))
        #expect(changes.observe(nil) == .init(listingChanged: true))
        #expect(changes.observe(nil) == .init())
        #expect(changes.observe(files(["a": 2])) == .init(listingChanged: true))
        #expect(changes.observe(files(["a": 2])) == .init())
    }

    @Test("whatever happens, what was announced last is what there is, once the files rest")
    func converges() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            var changes = FileChanges()
            var truth: [String: Int] = [:]
            var seen: [String: Int] = [:]
            func look(_ files: [String: Int]?) {
                let step = changes.observe(files.map(self.files))
                if step.listingChanged, let files { seen = files }
                for path in step.changed { seen[path] = files?[path] }
            }
            for number in 0..<20 {
                let path = ["a", "b", "c"].randomElement(using: &random) ?? "a"
                truth[path] = Int.random(in: 0...2, using: &random) == 0 ? nil : number
                look(Int.random(in: 0...4, using: &random) == 0 ? nil : truth)
            }
            look(truth)
            look(truth)
            #expect(seen == truth)
        }
    }
}
