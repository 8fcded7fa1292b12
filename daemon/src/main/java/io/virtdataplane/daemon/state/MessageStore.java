package io.virtdataplane.daemon.state;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.virtdataplane.sys.FileStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests in force, by name, one file each, so that a restarted daemon takes them up again.
 */
public final class MessageStore<T extends Message> {
    private static final Logger LOG = LoggerFactory.getLogger(MessageStore.class);
    private final FileStore files;
    private final Parser<T> parser;

    /** {@code suffix}: of the files, without a dot. */
    public MessageStore(Path directory, String suffix, Parser<T> parser) {
        this.files = new FileStore(directory, "." + suffix);
        this.parser = parser;
    }

    public void put(String name, T request) {
        files.put(FileStore.digest(name), request.toByteArray());
    }

    /** False where there was none. */
    public boolean remove(String name) {
        return files.remove(FileStore.digest(name));
    }

    /** All requests; a file that cannot be read is set aside. */
    public List<T> all() {
        List<T> requests = new ArrayList<>();
        for (Path file : files.files()) {
            try {
                requests.add(parser.parseFrom(Files.readAllBytes(file)));
            } catch (InvalidProtocolBufferException e) {
                LOG.warn("file is damaged and set aside: file={}", file);
                setAside(file);
            } catch (IOException e) {
                throw new UncheckedIOException("read " + file, e);
            }
        }
        return requests;
    }

    private static void setAside(Path file) {
        try {
            Files.move(file, Path.of(file + ".damaged"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("set aside " + file, e);
        }
    }
}
