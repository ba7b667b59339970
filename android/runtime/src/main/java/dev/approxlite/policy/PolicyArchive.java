package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * The members of policy.approx, a zip of stored members: policy.json, and where there are any rungs.bin and signature.
 * Only those, once each, uncompressed and within their size; nothing before, between or behind them matters.
 */
public final class PolicyArchive {
    /** A larger file is refused before it is read. */
    public static final int MAX_BYTES = 256 * 1024 * 1024 + 32 * 1024;

    private static final int LOCAL_HEADER_BYTES = 30;
    private static final Map<String, Integer> MAX_MEMBER_BYTES =
            Map.of("policy.json", 20_000, "rungs.bin", 256 * 1024 * 1024, "signature", 1024);

    private final ByteBuffer archive;
    private final Map<String, Integer> offsets = new HashMap<>();
    private final Map<String, Integer> sizes = new HashMap<>();
    private final Policy policy;
    private volatile String sha256;

    private PolicyArchive(ByteBuffer archive) throws PolicyException {
        this.archive = archive;
        find();
        if (!offsets.containsKey("policy.json")) {
            throw new PolicyException(Reason.DAMAGED, "has no policy.json in it; this is no policy");
        }
        policy = Policy.parse(member("policy.json"));
        String rungs = offsets.containsKey("rungs.bin") ? Sha256.of(part("rungs.bin")) : null;
        if (rungs == null ? policy.rungsSha256() != null : !rungs.equals(policy.rungsSha256())) {
            throw new PolicyException(Reason.DAMAGED, "rungs.bin is not the one that the policy was saved with");
        }
    }

    /**
     * Reads a policy that nobody vouches for.
     *
     * @param archive the bytes of policy.approx; not copied, and not to be changed afterwards
     * @throws PolicyException with the first thing that is wrong
     */
    public static PolicyArchive read(byte[] archive) throws PolicyException {
        return read(ByteBuffer.wrap(archive));
    }

    /**
     * The same of a buffer, such as a file that is mapped.
     *
     * @param archive all of it from position 0 on; not copied, and not to be changed afterwards
     * @throws PolicyException with the first thing that is wrong
     */
    public static PolicyArchive read(ByteBuffer archive) throws PolicyException {
        if (archive.capacity() > MAX_BYTES) {
            throw new PolicyException(Reason.OVERSIZED, "is larger than " + MAX_BYTES + " bytes");
        }
        return new PolicyArchive(archive);
    }

    /** What policy.json says. */
    public Policy policy() {
        return policy;
    }

    /** By which a phone tells policies apart: of the whole archive. */
    public String sha256() {
        String known = sha256;
        return known != null ? known : (sha256 = Sha256.of(part(0, archive.capacity())));
    }

    /** All of the archive, read-only, to be given to another process. */
    public ByteBuffer bytes() {
        return part(0, archive.capacity());
    }

    /** A copy of the bytes of policy.json, which the signature covers. */
    public byte[] policyJson() {
        return member("policy.json");
    }

    /** A copy of the bytes of the signature; null if there is none. */
    byte[] signature() {
        return offsets.containsKey("signature") ? member("signature") : null;
    }

    /**
     * rungs.bin in a direct buffer, as the native library takes it; null if there is none. Where the archive lies in a
     * direct buffer itself it is a part of that, else a copy.
     */
    public ByteBuffer rungs() {
        if (!offsets.containsKey("rungs.bin")) {
            return null;
        }
        ByteBuffer stored = part("rungs.bin");
        if (stored.isDirect() && offsets.get("rungs.bin") % Float.BYTES == 0) {
            return stored;
        }
        ByteBuffer copy = ByteBuffer.allocateDirect(stored.capacity());
        copy.duplicate().put(stored);
        return copy;
    }

    private byte[] member(String name) {
        byte[] copy = new byte[sizes.get(name)];
        part(name).get(copy);
        return copy;
    }

    private ByteBuffer part(String name) {
        return part(offsets.get(name), sizes.get(name));
    }

    private ByteBuffer part(int begin, int bytes) {
        Buffer view = archive.asReadOnlyBuffer(); // as a Buffer, for Android 8 has none of ByteBuffer's own position
        view.clear().position(begin).limit(begin + bytes);
        return ((ByteBuffer) view).slice();
    }

    private void find() throws PolicyException {
        int begin = 0;
        try (ZipInputStream zip = new ZipInputStream(stream(), StandardCharsets.UTF_8)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                begin = add(entry, begin);
                zip.closeEntry();
            }
        } catch (IOException | IllegalArgumentException problem) {
            throw new PolicyException(Reason.DAMAGED, "is no policy archive (" + oneLine(problem) + ")");
        }
        checkDirectory(begin);
    }

    /** Takes the member whose local header lies at {@code begin}; returns where the next one lies. */
    private int add(ZipEntry entry, int begin) throws PolicyException, IOException {
        String name = entry.getName();
        Integer most = MAX_MEMBER_BYTES.get(name);
        if (most == null) {
            throw new PolicyException(Reason.DAMAGED, "has an unexpected member; this is no policy");
        }
        if (offsets.containsKey(name)) {
            throw new PolicyException(Reason.DAMAGED, "member " + name + " occurs twice");
        }
        long size = entry.getSize();
        if (entry.getMethod() != ZipEntry.STORED || size < 0 || entry.getCompressedSize() != size) {
            throw new PolicyException(Reason.DAMAGED, "member " + name + " is compressed; policies are stored");
        }
        if (size > most) {
            throw new PolicyException(Reason.OVERSIZED, "member " + name + " is larger than " + most + " bytes");
        }
        int extra = unsigned16(begin + 28);
        int data = begin + LOCAL_HEADER_BYTES + unsigned16(begin + 26) + extra;
        if (data + size > archive.capacity()) {
            throw new EOFException("ends in the middle of " + name);
        }
        offsets.put(name, data);
        sizes.put(name, (int) size);
        return data + (int) size;
    }

    /** Members end where the directory begins, else another reader would see other members than this one. */
    private void checkDirectory(int begin) throws PolicyException {
        boolean directory = begin + 4 <= archive.capacity()
                && archive.get(begin) == 'P'
                && archive.get(begin + 1) == 'K'
                && archive.get(begin + 2) == 1
                && archive.get(begin + 3) == 2;
        if (!directory) {
            throw new PolicyException(Reason.DAMAGED, "is no policy archive (its directory is not where it should be)");
        }
    }

    private int unsigned16(int at) throws EOFException {
        if (at + 2 > archive.capacity()) {
            throw new EOFException("ends in a header");
        }
        return (archive.get(at) & 0xff) | (archive.get(at + 1) & 0xff) << 8;
    }

    private InputStream stream() {
        ByteBuffer left = part(0, archive.capacity());
        return new InputStream() {
            @Override
            public int read() {
                return left.hasRemaining() ? left.get() & 0xff : -1;
            }

            @Override
            public int read(byte[] to, int at, int most) {
                int count = Math.min(most, left.remaining());
                left.get(to, at, count);
                return count > 0 || most == 0 ? count : -1;
            }
        };
    }

    private static String oneLine(Exception problem) {
        return String.valueOf(problem.getMessage()).split("\n", 2)[0];
    }
}
