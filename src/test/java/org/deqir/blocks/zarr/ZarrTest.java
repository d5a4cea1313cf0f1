/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads what tensorstore wrote, and reads back what is written here. */
class ZarrTest {

    private static final int CHANGES = Integer.getInteger("deqir.zarr.changes", 250);
    private static final int[] SHAPE = {1, 2, 10, 35, 45};

    @TempDir static Path shared;

    @TempDir Path folder;

    @BeforeAll
    static void unpack() throws IOException {
        try (InputStream in = ZarrTest.class.getResourceAsStream("/zarr/tensorstore.zip");
                ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry e; (e = zip.getNextEntry()) != null; ) {
                final Path file = shared.resolve(e.getName());
                Files.createDirectories(file.getParent());
                Files.write(file, zip.readAllBytes());
            }
        }
    }

    static Stream<String> writtenByTensorstore() {
        return Stream.of("blosc", "gzip", "raw", "zstd")
                .flatMap(c -> Stream.of("v2-", "v3-", "v3-sharded-").map(v -> v + c))
                .filter(n -> !n.equals("v3-raw") && !n.equals("v3-sharded-raw"));
    }

    /** The image that all of them hold, written by numpy. */
    private static float[] truth() throws IOException {
        final byte[] npy = Files.readAllBytes(shared.resolve("image.npy"));
        final int header = 10 + (npy[8] & 0xff) + 256 * (npy[9] & 0xff);
        final String description = new String(npy, 10, header - 10, StandardCharsets.US_ASCII);
        assertTrue(description.contains("'<u2'"), description);
        final ByteBuffer data = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN);
        final float[] samples = new float[(npy.length - header) / 2];
        for (int i = 0; i < samples.length; i++)
            samples[i] = data.getShort(header + 2 * i) & 0xffff;
        return samples;
    }

    private static float[] all(ZarrArray array) throws IOException {
        final long[] shape = array.shape();
        return array.read(
                new Region(
                        new long[shape.length],
                        Arrays.stream(shape).mapToInt(n -> (int) n).toArray()));
    }

    @ParameterizedTest
    @MethodSource("writtenByTensorstore")
    void readsWhatTensorstoreWrote(String name) throws IOException {
        final OmeImage image = OmeImage.open(shared.resolve(name + ".ome.zarr"));
        assertEquals("tczyx", axes(image));
        assertEquals("micrometer", image.axes().get(4).unit());
        assertEquals(0.1, image.levels().get(0).scale()[4]);
        assertEquals(2, image.levels().size());
        assertArrayEquals(truth(), all(image.array(0)));
    }

    @ParameterizedTest
    @MethodSource("writtenByTensorstore")
    void readsBoxesAcrossChunks(String name) throws IOException {
        final ZarrArray array = OmeImage.open(shared.resolve(name + ".ome.zarr")).array(0);
        final Region whole = new Region(new long[5], SHAPE);
        final float[] truth = truth();
        final Random random = new Random(1);
        for (int n = 0; n < 20; n++) {
            final long[] offset = new long[5];
            final int[] size = new int[5];
            for (int i = 0; i < 5; i++) {
                offset[i] = random.nextInt(SHAPE[i]);
                size[i] = 1 + random.nextInt((int) (SHAPE[i] - offset[i]));
            }
            final Region box = new Region(offset, size);
            final float[] expected = new float[box.samples()];
            whole.copy(truth, box, expected);
            assertArrayEquals(expected, array.read(box), box.toString());
        }
    }

    private static String axes(OmeImage image) {
        final StringBuilder names = new StringBuilder();
        image.axes().forEach(axis -> names.append(axis.name()));
        return names.toString();
    }

    private OmeImage written(String like, int version, boolean sharded, SampleType type)
            throws IOException {
        final OmeImage source = OmeImage.open(shared.resolve(like + ".ome.zarr"));
        final int[] chunk = {1, 1, 4, 16, 16};
        final int[] file = sharded ? new int[] {1, 1, 8, 32, 32} : chunk;
        return OmeImage.create(
                folder.resolve("out.ome.zarr"),
                version,
                source,
                new long[source.array(0).shape().length],
                source.array(0).shape(),
                new int[] {1, 1, 1, 1, 1},
                file,
                chunk,
                type);
    }

    private static void fill(ZarrArray array, float[] samples) throws IOException {
        final Region whole = new Region(new long[5], SHAPE);
        final long[] last = new long[5];
        for (int i = 0; i < 5; i++) last[i] = array.files(i) - 1;
        for (final long[] place : ZarrArray.places(new long[5], last)) {
            final Region region = array.region(place);
            final float[] part = new float[region.samples()];
            whole.copy(samples, region, part);
            array.write(place, part);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2, false, UINT16",
        "3, false, UINT16",
        "3, true, UINT16",
        "2, false, UINT8",
        "3, true, UINT8",
        "2, false, FLOAT32",
        "3, true, FLOAT32"
    })
    void readsBackWhatIsWritten(int version, boolean sharded, SampleType type) throws IOException {
        final OmeImage image = written("v2-zstd", version, sharded, type);
        final float[] samples = truth();
        if (type == SampleType.UINT8) for (int i = 0; i < samples.length; i++) samples[i] %= 256;
        if (type == SampleType.FLOAT32)
            for (int i = 0; i < samples.length; i++) samples[i] = samples[i] / 7 - 1000;
        fill(image.array(0), samples);
        OmeMetadata.check(image.folder());
        final OmeImage read = OmeImage.open(image.folder());
        assertEquals(version, read.version());
        assertArrayEquals(samples, all(read.array(0)));
        for (int i = 0; i < 5; i++) {
            assertEquals(image.axes().get(i), read.axes().get(i));
            assertEquals(image.levels().get(0).scale()[i], read.levels().get(0).scale()[i]);
        }
    }

    @Test
    void wholeNumbersAreRoundedAndLimited() throws IOException {
        final OmeImage image = written("v2-zstd", 3, false, SampleType.UINT8);
        final float[] samples = new float[image.array(0).region(new long[5]).samples()];
        samples[0] = -3;
        samples[1] = 1.5f;
        samples[2] = 300;
        image.array(0).write(new long[5], samples);
        final float[] read = image.array(0).read(image.array(0).region(new long[5]));
        assertArrayEquals(new float[] {0, 2, 255, 0}, Arrays.copyOf(read, 4));
    }

    @Test
    void aPyramidHoldsMeansAtTheirPlaces() throws IOException {
        final OmeImage image = written("v3-zstd", 3, false, SampleType.FLOAT32);
        fill(image.array(0), truth());
        assertTrue(image.levels().size() > 1);
        for (int level = 1; level < image.levels().size(); level++) {
            final ZarrArray array = image.array(level);
            final long[] last = new long[5];
            for (int i = 0; i < 5; i++) last[i] = array.files(i) - 1;
            for (final long[] place : ZarrArray.places(new long[5], last))
                Pyramid.write(image, level, place);
        }
        final float[] truth = truth();
        final float[] half = all(image.array(1));
        assertArrayEquals(new long[] {1, 2, 10, 18, 23}, image.array(1).shape());
        assertEquals((truth[0] + truth[1] + truth[45] + truth[46]) / 4, half[0], 1e-3);
        // The last sample of an odd row is the mean of one column only.
        assertEquals((truth[44] + truth[45 + 44]) / 2, half[22], 1e-3);
        final OmeImage.Level level = OmeImage.open(image.folder()).levels().get(1);
        assertEquals(0.2, level.scale()[4], 1e-12);
        assertEquals(0.05, level.translation()[4], 1e-12);
        assertEquals(0.5, level.scale()[2], 1e-12);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void missingFilesHaveTheFillValue(int version) throws IOException {
        final OmeImage image = written("v2-zstd", version, false, SampleType.FLOAT32);
        final Path metadata =
                image.folder().resolve("0").resolve(version == 2 ? ".zarray" : "zarr.json");
        Files.writeString(
                metadata,
                Files.readString(metadata).replace("\"fill_value\": 0", "\"fill_value\": 7"));
        for (final float sample : all(OmeImage.open(image.folder()).array(0)))
            assertEquals(7, sample);
    }

    @Test
    void displaySettingsAreKept() throws IOException {
        final Path source = copy("v2-gzip");
        final Path attributes = source.resolve(".zattrs");
        final String omero = "{\"channels\": [{\"label\": \"DAPI\", \"color\": \"0000FF\"}]}";
        Files.writeString(
                attributes,
                Files.readString(attributes).replaceFirst("\\{", "{\"omero\": " + omero + ","));
        final OmeImage image = OmeImage.open(source);
        final OmeImage out =
                OmeImage.create(
                        folder.resolve("out.ome.zarr"),
                        3,
                        image,
                        new long[5],
                        image.array(0).shape(),
                        new int[] {1, 1, 1, 1, 1},
                        new int[] {1, 1, 1, 32, 32},
                        new int[] {1, 1, 1, 32, 32},
                        SampleType.UINT16);
        assertEquals(JsonParser.parseString(omero), OmeImage.open(out.folder()).omero());
    }

    @Test
    void anImageThatExistsIsNotOverwritten() throws IOException {
        written("v2-zstd", 3, false, SampleType.UINT8);
        final IOException refusal =
                assertThrows(
                        IOException.class, () -> written("v2-zstd", 3, false, SampleType.UINT8));
        assertTrue(refusal.getMessage().contains("not empty"), refusal.getMessage());
    }

    private Path copy(String name) throws IOException {
        final Path from = shared.resolve(name + ".ome.zarr");
        final Path to = Files.createTempDirectory(folder, name);
        try (Stream<Path> files = Files.walk(from)) {
            for (final Path file : (Iterable<Path>) files::iterator) {
                final Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) Files.createDirectories(target);
                else Files.copy(file, target);
            }
        }
        return to;
    }

    @ParameterizedTest
    @ValueSource(strings = {"../0", "/etc", "0/../../x", "", "."})
    void noPathLeadsOutOfTheImage(String path) throws IOException {
        final Path image = copy("v2-raw");
        final Path attributes = image.resolve(".zattrs");
        Files.writeString(
                attributes,
                Files.readString(attributes)
                        .replaceFirst("\"path\": ?\"0\"", "\"path\": \"" + path + "\""));
        assertTrue(Files.readString(attributes).contains("\"" + path + "\""));
        final IOException refusal = assertThrows(ZarrException.class, () -> OmeImage.open(image));
        assertTrue(refusal.getMessage().contains(".zattrs"), refusal.getMessage());
    }

    @Test
    void noLinkLeadsOutOfTheImage() throws IOException {
        final Path image = copy("v2-raw");
        final Path outside = copy("v2-zstd").resolve("0");
        Files.createSymbolicLink(image.resolve("link"), outside);
        final Path attributes = image.resolve(".zattrs");
        Files.writeString(
                attributes,
                Files.readString(attributes)
                        .replaceFirst("\"path\": ?\"0\"", "\"path\": \"link\""));
        assertThrows(ZarrException.class, () -> OmeImage.open(image));
    }

    @ParameterizedTest
    @MethodSource("writtenByTensorstore")
    void aDamagedChunkIsNamed(String name) throws IOException {
        if (name.equals("v2-raw")) return;
        final Path image = copy(name);
        final Path chunk;
        try (Stream<Path> files = Files.walk(image.resolve("0"))) {
            chunk =
                    files.filter(Files::isRegularFile)
                            .filter(f -> !f.toString().contains("zarr.json"))
                            .filter(f -> !f.getFileName().toString().startsWith("."))
                            .sorted()
                            .findFirst()
                            .orElseThrow();
        }
        final byte[] bytes = Files.readAllBytes(chunk);
        Files.write(chunk, Arrays.copyOf(bytes, bytes.length / 2));
        final IOException refusal =
                assertThrows(ZarrException.class, () -> all(OmeImage.open(image).array(0)));
        assertTrue(refusal.getMessage().contains(chunk.toString()), refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"shape\"|\"shapes\"|shape",
                "<u2|<i2|dtype",
                "<u2|<f8|dtype",
                "\"order\": \"C\"|\"order\": \"F\"|order",
                "\"id\": \"zstd\"|\"id\": \"lzma\"|lzma",
                "\"zarr_format\": 2|\"zarr_format\": 4|zarr_format",
            })
    void whatIsNotReadIsRefusedByName(String old, String changed, String named) throws IOException {
        final OmeImage image = written("v2-zstd", 2, false, SampleType.UINT16);
        final Path metadata = image.folder().resolve("0/.zarray");
        final String text = Files.readString(metadata);
        assertTrue(text.contains(old), text);
        Files.writeString(metadata, text.replace(old, changed));
        final IOException refusal =
                assertThrows(ZarrException.class, () -> OmeImage.open(image.folder()));
        assertTrue(refusal.getMessage().contains(named), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(".zarray"), refusal.getMessage());
    }

    @ParameterizedTest
    @EnumSource(SampleType.class)
    void everyCodecIsItsOwnInverse(SampleType type) throws IOException {
        final float[] samples = new float[1000];
        final Random random = new Random(5);
        for (int i = 0; i < samples.length; i++) samples[i] = random.nextInt(200);
        final List<Codec> codecs = new ArrayList<>();
        codecs.add(new GzipCodec("gzip", 5));
        codecs.add(new GzipCodec("zlib", 1));
        codecs.add(new ZstdCodec(3, true));
        codecs.add(new ChecksumCodec());
        for (final String name : List.of("blosclz", "lz4", "lz4hc", "zlib", "zstd"))
            for (int shuffle = 0; shuffle < 3; shuffle++)
                codecs.add(new BloscCodec(name, 5, shuffle, type.bytes(), 0));
        for (final ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN))
            for (final Codec codec : codecs) {
                final CodecChain chain = new CodecChain(order, List.of(codec, new ChecksumCodec()));
                final byte[] stored = chain.encode(samples, type);
                assertNotNull(stored);
                assertArrayEquals(
                        samples, chain.decode(stored, samples.length, type), codec.toString());
            }
    }

    /**
     * Metadata and chunks with changed bytes are read or refused with an exception that names a
     * file of the image. 2,000 files in a build; {@code -Ddeqir.zarr.changes=1250} tries 10,000.
     */
    @ParameterizedTest
    @MethodSource("writtenByTensorstore")
    void changedFilesAreReadOrRefused(String name) throws IOException {
        final Path image = copy(name);
        final List<Path> files;
        try (Stream<Path> all = Files.walk(image)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        final List<Path> metadata =
                files.stream()
                        .filter(f -> f.toString().endsWith(".json") || f.toString().contains("/.z"))
                        .toList();
        final Random random = new Random(7);
        int refused = 0;
        for (int n = 0; n < CHANGES; n++) {
            final List<Path> choice = n % 2 == 0 ? metadata : files;
            final Path file = choice.get(random.nextInt(choice.size()));
            final byte[] bytes = Files.readAllBytes(file);
            byte[] changed = bytes.clone();
            final int changes = 1 + random.nextInt(4);
            for (int i = 0; i < changes; i++)
                changed[random.nextInt(changed.length)] =
                        (byte)
                                (random.nextBoolean()
                                        ? random.nextInt(256)
                                        : '0' + random.nextInt(10));
            if (random.nextInt(5) == 0)
                changed = Arrays.copyOf(changed, random.nextInt(changed.length));
            Files.write(file, changed);
            try {
                final OmeImage read = OmeImage.open(image);
                for (int level = 0; level < read.levels().size(); level++) {
                    final long[] shape = read.array(level).shape();
                    final int[] size = new int[shape.length];
                    for (int i = 0; i < size.length; i++) size[i] = (int) Math.min(shape[i], 40);
                    if (Arrays.stream(size).asLongStream().reduce(1, (a, b) -> a * b) < 1 << 20)
                        read.array(level).read(new Region(new long[size.length], size));
                }
            } catch (final ZarrException e) {
                refused++;
                assertTrue(e.getMessage().startsWith(image.toString()), e.getMessage());
            } finally {
                Files.write(file, bytes);
            }
        }
        assertTrue(refused > CHANGES / 10, refused + " refused");
        assertFalse(files.isEmpty());
    }
}
