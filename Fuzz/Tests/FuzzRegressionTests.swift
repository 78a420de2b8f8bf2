import Base
import Glibc
import Testing

/// What fuzzing has found interesting, or fatal, is read again with every run of the tests.
@Suite("Kept inputs of the fuzzer")
struct FuzzRegressionTests {
    /// Fuzz/corpus or Fuzz/regressions, and in it the folder of a target.
    private static func inputs(_ kind: String, _ target: String) throws -> [[UInt8]] {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(
            separator: "/")
        return try files(in: "\(folder)/\(kind)/\(target)").map { try readFile($0) }
    }

    private static func files(in folder: String) throws -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var files: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { files.append("\(folder)/\(name)") }
        }
        return files.sorted()
    }

    @Test("every target reads its corpus, and what once broke it", arguments: FuzzTarget.all.map(\.name))
    func replay(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let corpus = try Self.inputs("corpus", name)
        #expect(!corpus.isEmpty)
        for input in try corpus + Self.inputs("regressions", name) { target.run(input) }
    }
}
