/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.dialog;

import ij.ImagePlus;
import ij.WindowManager;
import ij.io.OpenDialog;
import java.awt.Color;
import java.awt.Component;
import java.awt.Font;
import java.awt.GridBagConstraints;
import java.awt.GridBagLayout;
import java.awt.Insets;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import javax.swing.Box;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JComponent;
import javax.swing.JFileChooser;
import javax.swing.JLabel;
import javax.swing.JPanel;
import javax.swing.JTextArea;
import javax.swing.JTextField;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.key.Keys;
import org.scijava.ItemVisibility;
import org.scijava.convert.ConvertService;
import org.scijava.module.MethodCallException;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.util.Types;
import org.scijava.widget.Button;
import org.scijava.widget.FileWidget;

/**
 * The form of a command: a field for each input, and a line that says what the run would cost or
 * why there can be none.
 *
 * <p>Fields that do not count with the present choices are grey. Keys of experts are in a section
 * of their own, which opens.
 */
final class DialogPanel extends JPanel {

    private static final long serialVersionUID = 1;

    private static final int TEXT_COLUMNS = 18;
    private static final int PATH_COLUMNS = 34;
    private static final int NUMBER_COLUMNS = 9;
    private static final int GAP = 6;
    private static final int STATUS_COLUMNS = 46;
    private static final int STATUS_ROWS = 3;
    private static final String NO_IMAGE = "none";
    private static final Color RED = new Color(0xa00000);
    private static final Set<String> PATHS =
            Set.of(
                    FileWidget.OPEN_STYLE,
                    FileWidget.SAVE_STYLE,
                    FileWidget.DIRECTORY_STYLE,
                    Keys.FILE_OR_FOLDER);

    private final transient ConvertService convert;
    private final transient Module module;
    private final transient DeqirCommand command;
    private final transient Runnable changed;
    private final transient Runnable resized;
    private final transient List<DialogField> fields = new ArrayList<>();
    private final JTextArea status = new JTextArea(STATUS_ROWS, STATUS_COLUMNS);
    private final List<Component> hidden = new ArrayList<>();
    private boolean adding;
    private boolean busy;
    private int row;

    /** What the last run was stopped by, until something is changed. */
    private String complaint;

    /**
     * @param changed told after each change that leaves valid values
     * @param resized told when the form has become larger or smaller
     */
    DialogPanel(ConvertService convert, Module module, Runnable changed, Runnable resized) {
        super(new GridBagLayout());
        this.convert = convert;
        this.module = module;
        this.command = module.getDelegateObject() instanceof DeqirCommand c ? c : null;
        this.changed = changed;
        this.resized = resized;
        status.setLineWrap(true);
        status.setWrapStyleWord(true);
        status.setEditable(false);
        status.setFocusable(false);
        status.setOpaque(false);
        status.setFont(new JLabel().getFont());
        final List<ModuleItem<?>> experts = new ArrayList<>();
        for (final ModuleItem<?> input : module.getInfo().inputs()) {
            if (module.isInputResolved(input.getName())
                    || input.getVisibility() == ItemVisibility.INVISIBLE
                    || isStatus(input)) continue;
            if (isExpert(input)) experts.add(input);
            else add(input);
        }
        if (!experts.isEmpty()) addMore(experts);
        update();
    }

    private boolean isStatus(ModuleItem<?> input) {
        return command != null && input.getName().equals(command.statusKey());
    }

    private boolean isExpert(ModuleItem<?> input) {
        return command != null && command.expertKeys().contains(input.getName());
    }

    /** The line about cost and errors, which belongs above the form. */
    JComponent status() {
        return status;
    }

    boolean isEmpty() {
        return fields.isEmpty();
    }

    List<DialogField> fields() {
        return fields;
    }

    // -- Rows --

    private void addMore(List<ModuleItem<?>> experts) {
        final JButton more = new JButton("More \u25b8");
        more.setToolTipText("Shows settings that are right as they are for most images.");
        put(more, 0, 1, GridBagConstraints.WEST);
        row++;
        adding = true;
        experts.forEach(this::add);
        adding = false;
        hidden.forEach(part -> part.setVisible(false));
        more.addActionListener(
                event -> {
                    final boolean open = !hidden.get(0).isVisible();
                    hidden.forEach(part -> part.setVisible(open));
                    more.setText(open ? "More \u25be" : "More \u25b8");
                    resized.run();
                });
    }

    private void put(Component part, int column, int width, int anchor) {
        final GridBagConstraints place = new GridBagConstraints();
        place.gridx = column;
        place.gridy = row;
        place.gridwidth = width;
        place.anchor = anchor;
        place.weightx = column == 2 ? 1 : 0;
        place.insets = new Insets(1, column == 0 ? 0 : 6, 1, 0);
        add(part, place);
        if (adding) hidden.add(part);
    }

    private void add(ModuleItem<?> input) {
        final Class<?> type = Types.box(input.getType());
        if (input.getVisibility() == ItemVisibility.MESSAGE) addMessage(input);
        else if (type == Button.class) addButton(input);
        else if (input.getType() == ImagePlus.class) addImages(input);
        else if (!input.getChoices().isEmpty()) addChoices(input);
        else if (type == Boolean.class) addFlag(input);
        else if (Number.class.isAssignableFrom(type)) addNumber(input, type);
        else if (type == File.class || PATHS.contains(String.valueOf(input.getWidgetStyle())))
            addPath(input, type);
        else addText(input, type);
        row++;
    }

    private void addMessage(ModuleItem<?> input) {
        final JLabel label = new JLabel();
        final boolean heading = String.valueOf(input.getValue(module)).contains("<b>");
        label.setFont(label.getFont().deriveFont(heading ? Font.BOLD : Font.PLAIN));
        label.setBorder(
                javax.swing.BorderFactory.createEmptyBorder(heading && row > 0 ? 8 : 0, 0, 0, 0));
        put(label, 0, 3, GridBagConstraints.WEST);
        final DialogField field =
                new DialogField(input, module, () -> null, v -> label.setText(text(v)));
        field.write();
        fields.add(field);
    }

    private void addButton(ModuleItem<?> input) {
        final JButton button = new JButton(label(input));
        button.setToolTipText(tooltip(input));
        button.addActionListener(
                event -> {
                    call(input);
                    update();
                });
        put(button, 1, 2, GridBagConstraints.WEST);
    }

    private void addImages(ModuleItem<?> input) {
        final List<Object> titles = new ArrayList<>();
        if (!input.isRequired()) titles.add(NO_IMAGE);
        titles.addAll(Arrays.asList(WindowManager.getImageTitles()));
        final JComboBox<Object> box = new JComboBox<>(titles.toArray());
        addField(
                input,
                box,
                () -> WindowManager.getImage(String.valueOf(box.getSelectedItem())),
                value ->
                        box.setSelectedItem(
                                value instanceof ImagePlus i ? i.getTitle() : NO_IMAGE));
    }

    private void addChoices(ModuleItem<?> input) {
        final JComboBox<Object> box = new JComboBox<>(input.getChoices().toArray());
        addField(input, box, box::getSelectedItem, box::setSelectedItem);
    }

    private void addFlag(ModuleItem<?> input) {
        final JCheckBox box = new JCheckBox(label(input));
        box.setToolTipText(tooltip(input));
        put(box, 1, 2, GridBagConstraints.WEST);
        listen(
                new DialogField(
                        input, module, box::isSelected, v -> box.setSelected((Boolean) v), box));
    }

    private void addNumber(ModuleItem<?> input, Class<?> type) {
        final JTextField text = new JTextField(NUMBER_COLUMNS);
        addField(
                input,
                text,
                () -> number(input, text.getText(), type),
                value -> text.setText(DialogField.plain((Number) value)));
    }

    private Object number(ModuleItem<?> input, String text, Class<?> type) {
        final Object value = convert.convert(text.trim(), type);
        if (!(value instanceof Number number) || !Double.isFinite(number.doubleValue()))
            return null;
        final Number min = (Number) input.getMinimumValue();
        final Number max = (Number) input.getMaximumValue();
        final boolean inRange =
                (min == null || number.doubleValue() >= min.doubleValue())
                        && (max == null || number.doubleValue() <= max.doubleValue());
        return inRange ? value : null;
    }

    private void addText(ModuleItem<?> input, Class<?> type) {
        final boolean isLong = Keys.OF_COMMAND.equals(input.getWidgetStyle());
        final JTextField text = new JTextField(isLong ? PATH_COLUMNS : TEXT_COLUMNS);
        addField(
                input,
                text,
                () -> convert.convert(text.getText(), type),
                value -> text.setText(String.valueOf(value)));
    }

    private void addPath(ModuleItem<?> input, Class<?> type) {
        final JTextField text = new JTextField(PATH_COLUMNS);
        final JButton browse = new JButton("Browse\u2026");
        browse.setToolTipText("Chooses the path in a dialog.");
        browse.addActionListener(event -> browse(String.valueOf(input.getWidgetStyle()), text));
        final JLabel label = new JLabel(label(input));
        label.setToolTipText(tooltip(input));
        text.setToolTipText(tooltip(input));
        put(label, 0, 1, GridBagConstraints.EAST);
        put(inRow(text, 0, browse), 1, 2, GridBagConstraints.WEST);
        listen(
                new DialogField(
                        input,
                        module,
                        () -> convert.convert(text.getText(), type),
                        value -> text.setText(String.valueOf(value)),
                        text,
                        label,
                        browse));
    }

    /** A field and what belongs to it, whatever the width of other fields. */
    private static JComponent inRow(JComponent field, int gap, JComponent next) {
        final Box row = Box.createHorizontalBox();
        row.add(field);
        row.add(Box.createHorizontalStrut(gap));
        row.add(next);
        return row;
    }

    private void browse(String style, JTextField text) {
        final JFileChooser chooser = new JFileChooser(OpenDialog.getDefaultDirectory());
        if (!text.getText().isBlank()) chooser.setSelectedFile(new File(text.getText()));
        chooser.setFileSelectionMode(
                switch (style) {
                    case FileWidget.DIRECTORY_STYLE -> JFileChooser.DIRECTORIES_ONLY;
                    case Keys.FILE_OR_FOLDER -> JFileChooser.FILES_AND_DIRECTORIES;
                    default -> JFileChooser.FILES_ONLY;
                });
        if (chooser.showDialog(this, "Choose") != JFileChooser.APPROVE_OPTION) return;
        text.setText(chooser.getSelectedFile().getAbsolutePath());
        OpenDialog.setDefaultDirectory(chooser.getCurrentDirectory().getAbsolutePath());
    }

    private void addField(
            ModuleItem<?> input,
            JComponent part,
            java.util.function.Supplier<Object> read,
            Consumer<Object> show) {
        final String[] text = labelAndUnit(input);
        final JLabel label = new JLabel(text[0]);
        final JLabel unit = new JLabel(text[1]);
        label.setToolTipText(tooltip(input));
        part.setToolTipText(tooltip(input));
        put(label, 0, 1, GridBagConstraints.EAST);
        put(text[1].isEmpty() ? part : inRow(part, GAP, unit), 1, 2, GridBagConstraints.WEST);
        listen(new DialogField(input, module, read, show, part, label, unit));
    }

    private void listen(DialogField field) {
        field.write();
        field.listen(() -> changed(field));
        fields.add(field);
    }

    // -- While it is open --

    private void changed(DialogField source) {
        if (busy) return;
        complaint = null;
        busy = true;
        try {
            if (source.toInput()) call(source.input());
            for (final DialogField field : fields) if (field != source) field.toField();
        } finally {
            busy = false;
        }
        update();
        if (problem() == null) changed.run();
    }

    /** Shows what follows from the values: which fields count, and the line at the top. */
    private void update() {
        final Set<String> idle = command == null ? Set.of() : command.idleKeys();
        for (final DialogField field : fields) field.setEnabled(!idle.contains(field.name()));
        final String problem = problem();
        status.setForeground(problem == null ? new JLabel().getForeground() : RED);
        status.setText(problem != null ? problem : command == null ? "" : text(statusOfCommand()));
    }

    private Object statusOfCommand() {
        return command.statusKey().isEmpty() ? "" : module.getInput(command.statusKey());
    }

    /** Why the command cannot run with what is entered; null if it can. */
    private String problem() {
        for (final DialogField field : fields) if (!field.isValid()) return field.problem(convert);
        if (complaint != null) return complaint;
        return command == null ? null : command.problem();
    }

    /** Says what stopped the last run. */
    void complain(String problem) {
        complaint = problem;
        update();
    }

    /** Whether the command can run with the values as they are; if not, the status says why. */
    boolean accept() {
        complaint = null;
        for (final DialogField field : fields) if (field.toInput()) call(field.input());
        if (command != null) command.updateStatus();
        update();
        return problem() == null;
    }

    private void call(ModuleItem<?> input) {
        try {
            input.callback(module);
        } catch (MethodCallException e) {
            throw new IllegalStateException(
                    "The callback of " + input.getName() + " failed: " + e.getMessage(), e);
        }
    }

    // -- Texts --

    private static String label(ModuleItem<?> input) {
        final String label = input.getLabel();
        return text(label == null || label.isEmpty() ? input.getName() : label);
    }

    /** A label such as "Wavelength (nm)": the name before, the unit behind the field. */
    private static String[] labelAndUnit(ModuleItem<?> input) {
        final String label = label(input);
        final int open = label.lastIndexOf(" (");
        return open > 0 && label.endsWith(")")
                ? new String[] {
                    label.substring(0, open), label.substring(open + 2, label.length() - 1)
                }
                : new String[] {label, ""};
    }

    private static String tooltip(ModuleItem<?> input) {
        final String description = input.getDescription();
        return description == null || description.isBlank()
                ? null
                : String.format(
                        "<html><body width='320'><b>%s</b>: %s</body></html>",
                        input.getName(), text(description).replace("<", "&lt;"));
    }

    private static String text(Object html) {
        return Objects.toString(html, "").replaceAll("<br/?>", "\n").replaceAll("<[^>]*>", "");
    }
}
