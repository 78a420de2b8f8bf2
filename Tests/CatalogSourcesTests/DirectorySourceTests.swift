import Base
import CatalogSources
import Glibc
import Testing

@Suite("directory source")
struct DirectorySourceTests {
    /// A source on a directory of its own that looks often.
    private struct Fixture {
        let directory: TemporaryDirectory
        let source: DirectorySource
        let log = ChangeLog()

        init(_ subpath: String = "", prepare: (TemporaryDirectory) throws -> Void = { _ in }) throws {
            directory = try TemporaryDirectory()
            try prepare(directory)
            source = DirectorySource(
                path: directory.path + subpath, executor: ThreadExecutor(name: "files"), interval: .milliseconds(5),
                settling: .milliseconds(2))
        }

        func location(_ name: String) -> String { "file:\(directory.path)/\(name)" }

        func start() async {
            await source.start { [log] in log.add($0) }
            #expect(await log.wait { $0.listings == 1 })
        }

        func text(_ name: String) async throws -> String? {
            try await source.read(location(name)).map { String(decoding: $0, as: UTF8.self) }
        }

        /// Waits until the locations were announced, and no others with them.
        func announces(_ names: Set<String>) async -> Bool {
            let expected = Set(names.map(location))
            let found = await log.wait { $0.announced.isSuperset(of: expected) }
            let only = log.announced == expected
            log.clear()
            return found && only
        }
    }

    @Test("catalog files are found at any depth; hidden and other files are not")
    func listing() async throws {
        let fixture = try Fixture { directory in
            try directory.makeDirectory("sub")
            try directory.makeDirectory("sub/deep.yaml")
            try directory.makeDirectory(".hidden")
            for name in [
                "a.yaml", "b.yml", "sub/c.yaml", "sub/deep.yaml/d.yaml", "no.json", "yaml", ".e.yaml", ".hidden/f.yaml",
                "upper.YAML",
            ] { try directory.write(name, name) }
        }
        let expected = ["a.yaml", "b.yml", "sub/c.yaml", "sub/deep.yaml/d.yaml"]
        #expect(try await fixture.source.locations() == Set(expected.map(fixture.location)))
        for name in expected { #expect(try await fixture.text(name) == name) }
        #expect(fixture.source.id.description == "file:\(fixture.directory.path)")
    }

    @Test("a file that is written, changed and removed is announced each time")
    func changes() async throws {
        let fixture = try Fixture { try $0.write("old.yaml", "1") }
        await fixture.start()
        try fixture.directory.write("new.yaml", "1")
        #expect(await fixture.announces(["new.yaml"]))
        try fixture.directory.append("old.yaml", "2")
        #expect(await fixture.announces(["old.yaml"]))
        #expect(try await fixture.text("old.yaml") == "12")
        fixture.directory.remove("new.yaml")
        #expect(await fixture.announces(["new.yaml"]))
        #expect(try await fixture.text("new.yaml") == nil)
        await fixture.source.stop()
    }

    @Test("a change that keeps size and name is seen")
    func sameSize() async throws {
        let fixture = try Fixture { try $0.write("a.yaml", "one") }
        await fixture.start()
        try fixture.directory.write("a.yaml", "two")
        #expect(await fixture.announces(["a.yaml"]))
        #expect(try await fixture.text("a.yaml") == "two")
        await fixture.source.stop()
    }

    @Test("a directory that is moved in or away announces all its files")
    func moves() async throws {
        let fixture = try Fixture { directory in
            try directory.makeDirectory(".out")
            try directory.write(".out/a.yaml", "a")
            try directory.write(".out/b.yaml", "b")
        }
        await fixture.start()
        try fixture.directory.move(".out", to: "in")
        #expect(await fixture.announces(["in/a.yaml", "in/b.yaml"]))
        try fixture.directory.move("in", to: ".out")
        #expect(await fixture.announces(["in/a.yaml", "in/b.yaml"]))
        await fixture.source.stop()
    }

    @Test("a Kubernetes volume's atomic swap announces what changed, came and went")
    func volumeSwap() async throws {
        let fixture = try Fixture { directory in
            try directory.makeDirectory("..1")
            for name in ["same", "changed", "gone"] { try directory.write("..1/\(name).yaml", name) }
            try directory.link("..data", to: "..1")
            for name in ["same", "changed", "gone"] { try directory.link("\(name).yaml", to: "..data/\(name).yaml") }
        }
        await fixture.start()
        #expect(
            try await fixture.source.locations()
                == Set(["same.yaml", "changed.yaml", "gone.yaml"].map(fixture.location)))

        let directory = fixture.directory
        try directory.makeDirectory("..2")
        for name in ["same", "changed", "new"] { try directory.write("..2/\(name).yaml", name + "2") }
        try directory.link("new.yaml", to: "..data/new.yaml")
        try directory.link("..data_tmp", to: "..2")
        try directory.move("..data_tmp", to: "..data")
        directory.remove("gone.yaml")
        directory.remove("..1")

        #expect(await fixture.announces(["same.yaml", "changed.yaml", "new.yaml", "gone.yaml"]))
        #expect(try await fixture.text("changed.yaml") == "changed2")
        #expect(try await fixture.text("gone.yaml") == nil)
        await fixture.source.stop()
    }

    @Test("the root itself may be a link that is swapped")
    func rootSwap() async throws {
        let fixture = try Fixture("/current") { directory in
            for version in ["v1", "v2"] {
                try directory.makeDirectory(version)
                try directory.write("\(version)/a.yaml", version)
            }
            try directory.link("current", to: "v1")
        }
        await fixture.start()
        #expect(try await fixture.text("current/a.yaml") == "v1")
        try fixture.directory.link("next", to: "v2")
        try fixture.directory.move("next", to: "current")
        #expect(await fixture.announces(["current/a.yaml"]))
        #expect(try await fixture.text("current/a.yaml") == "v2")
        await fixture.source.stop()
    }

    @Test("links in circles and to nothing do no harm; links to directories are followed")
    func links() async throws {
        let fixture = try Fixture { directory in
            try directory.makeDirectory("sub")
            try directory.makeDirectory(".elsewhere")
            try directory.write(".elsewhere/a.yaml", "a")
            try directory.link("sub/up", to: "..")
            try directory.link("self.yaml", to: "self.yaml")
            try directory.link("nothing.yaml", to: "missing")
            try directory.link("linked", to: ".elsewhere")
        }
        #expect(
            try await fixture.source.locations() == Set(["linked/a.yaml", "self.yaml"].map(fixture.location)))
        #expect(try await fixture.text("linked/a.yaml") == "a")
        // A file that cannot be read is an error of its own and leaves the others alone.
        await #expect(throws: CatalogSourceError.self) { try await fixture.text("self.yaml") }
        #expect(try await fixture.text("nothing.yaml") == nil)
    }

    @Test("a directory that is missing is an error and never an empty list, and it recovers")
    func missing() async throws {
        let fixture = try Fixture("/catalog") { directory in
            try directory.makeDirectory("catalog")
            try directory.write("catalog/a.yaml", "a")
        }
        await fixture.start()
        fixture.log.clear()
        try fixture.directory.move("catalog", to: "away")
        #expect(await fixture.log.wait { $0.listings == 1 })
        await #expect(throws: CatalogSourceError.self) { try await fixture.source.locations() }
        await #expect(throws: CatalogSourceError.self) { try await fixture.text("catalog/a.yaml") }
        #expect(fixture.log.announced.isEmpty)
        do {
            _ = try await fixture.source.locations()
        } catch let error as CatalogSourceError {
            let root = fixture.directory.path + "/catalog"
            #expect(error.description == "file:\(root): cannot read \(root): No such file or directory")
            #expect(error.label == "unreadable")
        }

        try fixture.directory.move("away", to: "catalog")
        #expect(await fixture.log.wait { $0.listings == 2 })
        #expect(try await fixture.text("catalog/a.yaml") == "a")
        await fixture.source.stop()
    }

    @Test("a directory that was never there is announced as such")
    func neverThere() async throws {
        let fixture = try Fixture("/nowhere")
        await fixture.start()
        await #expect(throws: CatalogSourceError.self) { try await fixture.source.locations() }
        await fixture.source.stop()
    }

    @Test("one file may be the whole source, whatever its name; without it the source is unreadable")
    func singleFile() async throws {
        let fixture = try Fixture("/catalog.txt") { try $0.write("catalog.txt", "x") }
        await fixture.start()
        #expect(try await fixture.source.locations() == [fixture.location("catalog.txt")])
        #expect(try await fixture.text("catalog.txt") == "x")
        try fixture.directory.write("catalog.txt", "y")
        #expect(await fixture.announces(["catalog.txt"]))
        fixture.directory.remove("catalog.txt")
        #expect(await fixture.log.wait { $0.listings == 1 })
        await #expect(throws: CatalogSourceError.self) { try await fixture.text("catalog.txt") }
        await fixture.source.stop()
    }

    @Test("a file above the size limit cannot be read, and is not gone")
    func tooLarge() async throws {
        let fixture = try Fixture { try $0.write("a.yaml", "") }
        #expect(truncate(fixture.directory.path + "/a.yaml", DirectorySource.maximumFileBytes + 1) == 0)
        do {
            _ = try await fixture.text("a.yaml")
            Issue.record("the file was read")
        } catch let error as CatalogSourceError {
            #expect(error.code == .tooLarge)
        }
        #expect(truncate(fixture.directory.path + "/a.yaml", DirectorySource.maximumFileBytes) == 0)
        #expect(try await fixture.source.read(fixture.location("a.yaml"))?.count == DirectorySource.maximumFileBytes)
    }

    @Test("more bytes than are sensible make the listing fail")
    func tooMuch() async throws {
        let fixture = try Fixture { try $0.write("a.yaml", "") }
        // Sparse: it takes no space.
        #expect(truncate(fixture.directory.path + "/a.yaml", (1 << 30) + 1) == 0)
        do {
            _ = try await fixture.source.locations()
            Issue.record("it was listed")
        } catch let error as CatalogSourceError {
            #expect(error.code == .tooLarge)
        }
    }

    @Test("a pipe is not a file, and nobody waits for its writer")
    func pipe() async throws {
        let fixture = try Fixture()
        #expect(mkfifo(fixture.directory.path + "/a.yaml", 0o644) == 0)
        #expect(try await fixture.source.locations() == [])
        #expect(try await fixture.text("a.yaml") == nil)
    }

    @Test(
        "a location of somewhere else is refused",
        arguments: [
            "file:/etc/passwd", "configmap:c/n/m/a.yaml", "", "file:", "ROOT", "ROOT/../a.yaml", "ROOT/.hidden/a.yaml",
            "ROOT/a.json", "ROOT//a.yaml", "ROOT/./a.yaml", "ROOTx/a.yaml",
        ])
    func foreign(location: String) async throws {
        let fixture = try Fixture("/sub") { try $0.makeDirectory("sub") }
        let root = "file:\(fixture.directory.path)/sub"
        guard location != "ROOT" else { return }
        let location = location.hasPrefix("ROOT") ? root + location.dropFirst(4) : location
        do {
            _ = try await fixture.source.read(location)
            Issue.record("\(location) was read")
        } catch let error as CatalogSourceError {
            #expect(error.code == .foreignLocation)
        }
    }

    @Test("slashes and dots in the configured path do not change the locations")
    func normalised() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("a.yaml", "a")
        let source = DirectorySource(path: directory.path + "//./", executor: ThreadExecutor(name: "files"))
        #expect(try await source.locations() == ["file:\(directory.path)/a.yaml"])
    }

    @Test("nothing is announced after the source was stopped")
    func stopped() async throws {
        let fixture = try Fixture()
        await fixture.start()
        await fixture.source.stop()
        fixture.log.clear()
        try fixture.directory.write("a.yaml", "a")
        // Another source on the same directory sees it; by then the stopped one would have, too.
        let other = DirectorySource(
            path: fixture.directory.path, executor: ThreadExecutor(name: "files"), interval: .milliseconds(20))
        let log = ChangeLog()
        await other.start { log.add($0) }
        #expect(await log.wait { $0.listings == 1 })
        try fixture.directory.write("b.yaml", "b")
        #expect(await log.wait { $0.announced.count == 1 })
        #expect(fixture.log.changes.isEmpty)
        await other.stop()
    }

    @Test("changes of many files at random are all seen, and what is read in the end is what there is")
    func randomChanges() async throws {
        let fixture = try Fixture()
        await fixture.start()
        var random = SystemRandomNumberGenerator()
        var truth: [String: String] = [:]
        var touched: Set<String> = []
        for round in 0..<300 {
            let name = "f\(Int.random(in: 0..<20, using: &random)).yaml"
            if truth[name] != nil, Bool.random(using: &random) {
                fixture.directory.remove(name)
                truth[name] = nil
            } else {
                try fixture.directory.write(name, "\(round)")
                truth[name] = "\(round)"
                touched.insert(name)
            }
        }
        try fixture.directory.write("last.yaml", "last")
        truth["last.yaml"] = "last"
        let last = fixture.location("last.yaml")
        #expect(await fixture.log.wait { $0.announced.contains(last) })
        #expect(try await fixture.source.locations() == Set(truth.keys.map(fixture.location)))
        for (name, text) in truth {
            #expect(fixture.log.announced.contains(fixture.location(name)))
            #expect(try await fixture.text(name) == text)
        }
        await fixture.source.stop()
    }
}
