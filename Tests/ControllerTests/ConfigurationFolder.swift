import Base
import Costs
import Glibc
import Testing

@testable import Controller

/// A folder of configuration files that lives as long as its value.
final class ConfigurationFolder {
    let path: String
    private var files: Set<String> = []

    init() throws {
        path = "/tmp/callboard-configuration-" + Hex.encode(randomBytes(8))
        try #require(mkdir(path, 0o700) == 0)
    }

    deinit {
        for file in files { unlink(file) }
        rmdir(path)
    }

    /// Writes a file and gives its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = "\(path)/\(name)"
        files.insert(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        return file
    }
}

/// Reads configuration texts as files in their order, with these environment variables and no others.
func configuration(_ texts: [String], environment: [String: String] = [:]) throws -> Configuration {
    let folder = try ConfigurationFolder()
    let paths = try texts.enumerated().map { try folder.write("app-config.\($0).yaml", $1) }
    return try Configuration(
        ConfigurationFile.load(paths) { environment[$0] }, environment: { environment[$0] })
}

/// A configuration with nothing but what is needed, and this.
func configuration(_ text: String, environment: [String: String] = [:]) throws -> Configuration {
    var environment = environment
    environment["DATABASE_URL"] = "postgresql://h/d"
    return try configuration([text], environment: environment)
}

/// The message with which the configuration is refused, its folder left out.
func refusal(_ text: String, environment: [String: String] = [:]) throws -> String {
    do {
        _ = try configuration(text, environment: environment)
        return "accepted"
    } catch let error as ConfigurationError {
        guard let location = error.location, let slash = location.lastIndex(of: "/") else { return error.description }
        return String(error.description.dropFirst(location[...slash].count))
    }
}
