package dev.approxlite.policy;

import dev.approxlite.policy.PolicyException.Reason;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

    private final byte[] archive;
    private final Map<String, Integer> offsets = new HashMap<>();
    private final Map<String, Integer> sizes = new HashMap<>();
    private final Policy policy;

    private PolicyArchive(byte[] archive) throws PolicyException {
        this.archive = archive;
        find();
        if (!offsets.containsKey("policy.json")) {
            throw new PolicyException(Reason.DAMAGED, "has no policy.json in it; this is no policy");
        }
        policy = Policy.parse(member("policy.json"));
        String rungs = offsets.containsKey("rungs.bin") ? Sha256.of(archive, rungsOffset(), rungsBytes()) : null;
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
        if (archive.length > MAX_BYTES) {
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
        return Sha256.of(archive);
    }

    /** A copy of the archive's bytes, to be read in another process. */
    public byte[] bytes() {
        return archive.clone();
    }

    /** A copy of the bytes of policy.json, which the signature covers. */
    byte[] policyJson() {
        return member("policy.json");
    }

    /** A copy of the bytes of the signature; null if there is none. */
    byte[] signature() {
        return offsets.containsKey("signature") ? member("signature") : null;
    }

    /** Where rungs.bin begins in the archive, so that it can be mapped where it is; 0 if there is none. */
    public int rungsOffset() {
        return offsets.getOrDefault("rungs.bin", 0);
    }

    /** A copy of the bytes of rungs.bin; null if there is none. */
    public byte[] rungs() {
        return offsets.containsKey("rungs.bin") ? member("rungs.bin") : null;
    }

    /** Size of rungs.bin; 0 if there is none. */
    public int rungsBytes() {
        return sizes.getOrDefault("rungs.bin", 0);
    }

    private byte[] member(String name) {
        int begin = offsets.get(name);
        return Arrays.copyOfRange(archive, begin, begin + sizes.get(name));
    }

    private void find() throws PolicyException {
        int begin = 0;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive), StandardCharsets.UTF_8)) {
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
        if (data + size > archive.length) {
            throw new EOFException("ends in the middle of " + name);
        }
        offsets.put(name, data);
        sizes.put(name, (int) size);
        return data + (int) size;
    }

    /** Members end where the directory begins, else another reader would see other members than this one. */
    private void checkDirectory(int begin) throws PolicyException {
        boolean directory = begin + 4 <= archive.length
                && archive[begin] == 'P'
                && archive[begin + 1] == 'K'
                && archive[begin + 2] == 1
                && archive[begin + 3] == 2;
        if (!directory) {
            throw new PolicyException(Reason.DAMAGED, "is no policy archive (its directory is not where it should be)");
        }
    }

    private int unsigned16(int at) throws EOFException {
        if (at + 2 > archive.length) {
            throw new EOFException("ends in a header");
        }
        return (archive[at] & 0xff) | (archive[at + 1] & 0xff) << 8;
    }

    private static String oneLine(Exception problem) {
        return String.valueOf(problem.getMessage()).split("\n", 2)[0];
    }
}
