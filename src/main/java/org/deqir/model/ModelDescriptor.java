/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.deqir.network.layout.ArchitectureInference;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.representer.Representer;

/**
 * What is known about a prior beside its weights.
 *
 * <p>Written as a {@code bioimageio.yaml} of the BioImage Model Zoo, version 0.5, which other
 * programs can list and show; what a diffusion prior needs in addition stands under {@code
 * config.deqir}.
 *
 * @param card what people should know about it
 * @param architecture the network
 * @param schedule the noise schedule it was trained with
 * @param intensities what the network takes for the ends of an image's useful intensity range
 * @param prediction what the network predicts
 * @param weights the file with the weights, in safetensors
 * @param test a stored input and the network's output for it, to check an installation; may be null
 */
public record ModelDescriptor(
        ModelCard card,
        NetworkArchitecture architecture,
        ScheduleDescription schedule,
        Intensities intensities,
        Prediction prediction,
        StoredFile weights,
        TestTensors test) {

    /** Name of the file with the descriptor in a model's folder. */
    public static final String FILE_NAME = "bioimageio.yaml";

    /** Name of the file with the {@link #card} as a text. */
    public static final String DOCUMENTATION_NAME = "documentation.md";

    /** Version of our keys under {@code config.deqir}. */
    static final int FORMAT = 1;

    private static final int LONGEST_MESSAGE = 400;
    private static final String ZOO_FORMAT = "0.5.3";
    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    /**
     * A file in the model's folder.
     *
     * @param name its name, without folders
     * @param sha256 its hash, 64 lower-case hexadecimal digits
     */
    public record StoredFile(String name, String sha256) {

        /** Checks that the name leads nowhere else and that the hash is one. */
        public StoredFile {
            if (!PLAIN_NAME.matcher(name).matches())
                throw new IllegalArgumentException(
                        "The file name " + name + " is not a plain name without folders.");
            if (!HASH.matcher(sha256).matches())
                throw new IllegalArgumentException(
                        "The hash %s of %s is not 64 lower-case hexadecimal digits."
                                .formatted(sha256, name));
        }
    }

    /**
     * Arrays in NumPy's format, float32.
     *
     * @param image x, (1, C, H, W)
     * @param timestep t, (1)
     * @param noise ε_θ(x, t), (1, C, H, W)
     */
    public record TestTensors(StoredFile image, StoredFile timestep, StoredFile noise) {}

    /** {@return all files whose hashes are known: the weights and the test} */
    public List<StoredFile> files() {
        return test == null
                ? List.of(weights)
                : List.of(weights, test.image(), test.timestep(), test.noise());
    }

    /** {@return the number of weights} */
    public long parameters() {
        return architecture.program(Precision.FLOAT32).parameters().values().stream()
                .mapToLong(Shape::size)
                .sum();
    }

    /** {@return channels of the images: 1 for grey, 3 for RGB} */
    public int channels() {
        return architecture.channels();
    }

    /**
     * Reads a descriptor.
     *
     * @return what the descriptor says
     * @throws IllegalArgumentException if it is not one, of another version, or incomplete; the
     *     message is one sentence
     */
    public static ModelDescriptor parse(String yaml) {
        try {
            return parsed(yaml);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(printable(e.getMessage()), e);
        }
    }

    /** A sentence that cites a file, on one line and not too long. */
    private static String printable(String message) {
        final String line = message.replaceAll("[\\p{Cntrl}\u2028\u2029]", "?");
        return line.length() <= LONGEST_MESSAGE
                ? line
                : line.substring(0, LONGEST_MESSAGE) + "\u2026.";
    }

    /** {@return the root of a descriptor of any model} */
    public static YamlSection model(String yaml) {
        final LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        final Object root;
        try {
            root = new Yaml(new SafeConstructor(options)).load(yaml);
        } catch (RuntimeException e) {
            // Not only YAML's own: numbers, dates and Base64 are Java's.
            throw new IllegalArgumentException("The descriptor is not valid YAML.", e);
        }
        final YamlSection model = YamlSection.of("the descriptor", root);
        if (!model.text("type").equals("model"))
            throw new IllegalArgumentException("The descriptor does not describe a model.");
        return model;
    }

    private static ModelDescriptor parsed(String yaml) {
        final YamlSection model = model(yaml);
        if (!model.text("format_version").startsWith("0.5."))
            throw new IllegalArgumentException(
                    "The descriptor has the unknown format version "
                            + model.text("format_version")
                            + "; known is 0.5.");
        if (!isOurs(model))
            throw new IllegalArgumentException(
                    "The descriptor has no section config.deqir: this model is no diffusion prior.");
        final YamlSection own = model.section("config").section("deqir");
        if (own.integer("format") != FORMAT)
            throw new IllegalArgumentException(
                    "The section config.deqir has the unknown format %s; known is %s."
                            .formatted(own.integer("format"), FORMAT));
        final YamlSection architecture = own.section("architecture");
        final YamlSection intensities = own.section("intensities");
        final YamlSection weights = model.section("weights").section("pytorch_state_dict");
        final List<String> authors = new ArrayList<>();
        for (YamlSection author : model.sections("authors")) authors.add(author.text("name"));
        final YamlSection citation = model.sections("cite").get(0);
        return new ModelDescriptor(
                new ModelCard(
                        model.text("name"),
                        model.text("description"),
                        authors,
                        citation.text("text"),
                        citation.text("url"),
                        own.has("licence") ? own.text("licence") : model.text("license"),
                        own.text("training_data"),
                        own.text("provenance")),
                ArchitectureInference.of(
                        architecture.text("layout"),
                        architecture.section("configuration").values()),
                schedule(own.section("schedule")),
                Intensities.of(intensities.number("low"), intensities.number("high")),
                own.has("predicts") ? Prediction.of(own.text("predicts")) : Prediction.EPSILON,
                file(weights),
                test(model));
    }

    private static ScheduleDescription schedule(YamlSection section) {
        final String type = section.text("type");
        final int steps = section.integer("steps");
        final boolean curve = type.equals("cosine");
        return new ScheduleDescription(
                type,
                curve ? 0 : section.number("first"),
                curve ? 0 : section.number("last"),
                steps,
                section.has("embedded_steps") ? section.integer("embedded_steps") : steps);
    }

    private static Map<String, Object> yaml(ScheduleDescription schedule) {
        final Map<String, Object> section = ordered("type", schedule.type());
        if (!schedule.type().equals("cosine")) {
            section.put("first", schedule.first());
            section.put("last", schedule.last());
        }
        section.put("steps", schedule.steps());
        if (schedule.embeddedSteps() != schedule.steps())
            section.put("embedded_steps", schedule.embeddedSteps());
        return section;
    }

    /** {@return whether a descriptor says what a diffusion prior needs} */
    public static boolean isOurs(YamlSection model) {
        return model.has("config") && model.section("config").has("deqir");
    }

    private static TestTensors test(YamlSection model) {
        final List<YamlSection> inputs = model.sections("inputs");
        final List<YamlSection> outputs = model.sections("outputs");
        if (inputs.size() != 2
                || outputs.size() != 1
                || !inputs.get(0).has("test_tensor")
                || !inputs.get(1).has("test_tensor")
                || !outputs.get(0).has("test_tensor")) return null;
        return new TestTensors(
                file(inputs.get(0).section("test_tensor")),
                file(inputs.get(1).section("test_tensor")),
                file(outputs.get(0).section("test_tensor")));
    }

    private static StoredFile file(YamlSection section) {
        return new StoredFile(section.text("source"), section.text("sha256"));
    }

    /** {@return the descriptor as a {@code bioimageio.yaml}} */
    public String toYaml() {
        final Map<String, Object> model = new LinkedHashMap<>();
        model.put("format_version", ZOO_FORMAT);
        model.put("type", "model");
        model.put("name", card.title());
        model.put("description", card.description());
        model.put("authors", card.authors().stream().map(name -> Map.of("name", name)).toList());
        model.put("cite", List.of(ordered("text", card.citation(), "url", card.citationUrl())));
        final boolean licensed = !card.licence().equals(ModelCard.NOT_STATED);
        if (licensed) model.put("license", card.licence());
        model.put("documentation", DOCUMENTATION_NAME);
        model.put("tags", List.of("diffusion", "denoising", "restoration", "2d", "pytorch"));
        model.put("inputs", List.of(image(), timestep()));
        model.put("outputs", List.of(noise()));
        model.put("weights", Map.of("pytorch_state_dict", stateDict()));
        final Map<String, Object> own = new LinkedHashMap<>();
        own.put("format", FORMAT);
        own.put("channels", channels());
        // The Zoo's key takes nothing but licences.
        if (!licensed) own.put("licence", card.licence());
        own.put("intensities", ordered("low", intensities.low(), "high", intensities.high()));
        own.put("predicts", prediction.key());
        own.put(
                "architecture",
                ordered(
                        "layout",
                        architecture.layout(),
                        "configuration",
                        architecture.configuration()));
        own.put("schedule", yaml(schedule));
        own.put("training_data", card.trainingData());
        own.put("provenance", card.provenance());
        model.put("config", Map.of("deqir", own));
        final DumperOptions options = new DumperOptions();
        options.setDefaultFlowStyle(DumperOptions.FlowStyle.BLOCK);
        options.setWidth(100);
        options.setDereferenceAliases(true);
        final Representer representer = new Representer(options);
        return new Yaml(representer, options).dump(model);
    }

    private Map<String, Object> image() {
        final Map<String, Object> tensor = new LinkedHashMap<>();
        tensor.put("id", "x");
        tensor.put(
                "description",
                "noisy image, sqrt(alpha_bar) * image + sqrt(1 - alpha_bar) * noise");
        tensor.put(
                "axes",
                List.of(
                        Map.of("type", "batch"),
                        channelAxis(),
                        spaceAxis(
                                "y",
                                ordered(
                                        "min",
                                        architecture.stride(),
                                        "step",
                                        architecture.stride())),
                        spaceAxis(
                                "x",
                                ordered(
                                        "min",
                                        architecture.stride(),
                                        "step",
                                        architecture.stride()))));
        tensor.put("data", Map.of("type", "float32"));
        if (test != null) tensor.put("test_tensor", source(test.image()));
        return tensor;
    }

    private Map<String, Object> timestep() {
        final Map<String, Object> tensor = new LinkedHashMap<>();
        tensor.put("id", "t");
        tensor.put("description", "timestep, which says how strong the noise is");
        tensor.put("axes", List.of(Map.of("type", "batch")));
        tensor.put("data", Map.of("type", "float32"));
        if (test != null) tensor.put("test_tensor", source(test.timestep()));
        return tensor;
    }

    private Map<String, Object> noise() {
        final Map<String, Object> tensor = new LinkedHashMap<>();
        tensor.put("id", "noise");
        tensor.put("description", prediction.description());
        tensor.put(
                "axes",
                List.of(
                        Map.of("type", "batch"),
                        channelAxis(),
                        spaceAxis("y", ordered("tensor_id", "x", "axis_id", "y")),
                        spaceAxis("x", ordered("tensor_id", "x", "axis_id", "x"))));
        tensor.put("data", Map.of("type", "float32"));
        if (test != null) tensor.put("test_tensor", source(test.noise()));
        return tensor;
    }

    private Map<String, Object> channelAxis() {
        final List<String> names = new ArrayList<>();
        for (int c = 0; c < channels(); c++) names.add("channel" + c);
        return ordered("type", "channel", "channel_names", names);
    }

    private static Map<String, Object> spaceAxis(String id, Map<String, Object> size) {
        return ordered("type", "space", "id", id, "size", size);
    }

    private Map<String, Object> stateDict() {
        final Map<String, Object> entry = source(weights);
        entry.put("pytorch_version", "1.6");
        entry.put(
                "architecture",
                ordered(
                        "callable",
                        architecture.originalClass(),
                        "import_from",
                        architecture.originalModule(),
                        "kwargs",
                        architecture.configuration()));
        return entry;
    }

    private static Map<String, Object> source(StoredFile file) {
        return ordered("source", file.name(), "sha256", file.sha256());
    }

    private static Map<String, Object> ordered(Object... keysAndValues) {
        final Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2)
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        return map;
    }
}
