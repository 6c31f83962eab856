/*
 * coremusic._engine: what this engine has beyond Apple's API, <coremusic/engine.h>. coremusic.engine is its
 * public face. Not built on macOS.
 */
#include "common/args.h"
#include "common/call.h"
#include "common/errors.h"
#include "engine_binding/midi_description.h"

#include <coremusic/engine.h>
#include <stdlib.h>

/* A status as RuntimeError; None for noErr. */
static PyObject *finish(OSStatus status, const char *operation)
{
    if (status)
        return cm_raise(PyExc_RuntimeError, status, operation);
    Py_RETURN_NONE;
}

/* ---- drivers ---- */

PyDoc_STRVAR(
    select_doc,
    "select_driver($module, /, name)\n--\n\n"
    "Chooses where devices come from: one of drivers(), or None for the first that answers.\n\n"
    "The devices of the driver before are gone afterwards. RuntimeError, and nothing changes, when it\n"
    "does not open.");

static PyObject *select_driver(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "select_driver", 1, 1, { "name" } };
    PyObject *value;
    const char *name = NULL;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 ||
        (value != Py_None && cm_arg_text(value, "name", &name) < 0))
        return NULL;
    if (value != Py_None && !name)
        return PyErr_Format(PyExc_TypeError, "name must be str or None");
    CM_CALL(status, CMEngineSelectDriver(name));
    return finish(status, "CMEngineSelectDriver");
}

PyDoc_STRVAR(get_driver_doc,
             "get_driver($module, /)\n--\n\n"
             "The driver that devices come from; \"virtual\" where there are only virtual ones.");

static PyObject *get_driver(PyObject *module, PyObject *unused)
{
    const char *name;
    (void)module, (void)unused;
    CM_RUN(name = CMEngineGetDriver());
    return PyUnicode_FromString(name);
}

PyDoc_STRVAR(drivers_doc,
             "drivers($module, /)\n--\n\nThe drivers there are, in the order in which they are tried.");

static PyObject *drivers(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    PyObject *list = PyList_New(0);
    const char *name;
    for (UInt32 i = 0; list && (name = CMEngineGetDriverAtIndex(i)); i++) {
        PyObject *text = PyUnicode_FromString(name);
        if (!text || PyList_Append(list, text) < 0)
            Py_CLEAR(list);
        Py_XDECREF(text);
    }
    return list;
}

/* ---- the virtual devices' clock ---- */

PyDoc_STRVAR(set_manual_doc,
             "virtual_set_manual_clock($module, /, manual)\n--\n\n"
             "Takes the clock of the virtual devices into the caller's hand, or gives it back.");

static PyObject *set_manual(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "virtual_set_manual_clock", 1, 1, { "manual" } };
    PyObject *value;
    bool manual;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, &value) < 0 || cm_arg_bool(value, &manual) < 0)
        return NULL;
    CM_CALL(status, CMVirtualSetManualClock(manual));
    return finish(status, "CMVirtualSetManualClock");
}

PyDoc_STRVAR(is_manual_doc,
             "virtual_is_manual_clock($module, /)\n--\n\nWhether the clock is in the caller's hand.");

static PyObject *is_manual(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    return PyBool_FromLong(CMVirtualIsManualClock());
}

PyDoc_STRVAR(advance_doc,
             "virtual_advance($module, /, frames, sample_rate=48000.0)\n--\n\n"
             "Lets the time of so many frames pass; every cycle of every running virtual device has been\n"
             "rendered when it returns, or when a signal's handler raises, after a whole second of them.\n"
             "sample_rate: 1 Hz at least. RuntimeError unless the clock is in the caller's hand.");

/* A second at a time, so that what would take for ever can be interrupted. */
static OSStatus advance_in_seconds(uint64_t frames, double rate)
{
    const uint64_t second = rate >= 1 && rate < 1e9 ? (uint64_t)rate : 1000000000;
    OSStatus status;
    do {
        uint64_t part = frames < second ? frames : second;
        CM_CALL(status, CMVirtualAdvance(part, rate));
        frames -= part;
    } while (!status && frames && PyErr_CheckSignals() == 0);
    return status;
}

static PyObject *advance(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "virtual_advance", 1, 2, { "frames", "sample_rate" } };
    PyObject *v[2];
    uint64_t frames;
    double rate = 48000.0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_u64(v[0], "frames", &frames) < 0 ||
        cm_arg_f64(v[1], "sample_rate", &rate) < 0)
        return NULL;
    status = advance_in_seconds(frames, rate);
    return PyErr_Occurred() ? NULL : finish(status, "CMVirtualAdvance");
}

/* ---- a virtual device, by its uid ---- */

/* Parses (uid) or (uid, value); value stays NULL without a second name. */
static int parse_device(const char *function, const char *second, PyObject *const *args, Py_ssize_t count,
                        PyObject *keywords, const char **uid, PyObject **value)
{
    cm_params params = { function, second ? 2 : 1, second ? 2 : 1, { "uid", second } };
    PyObject *v[2] = { NULL, NULL };
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_text(v[0], "uid", uid) < 0)
        return -1;
    if (value)
        *value = v[1];
    return 0;
}

/* Samples are as many as the device's channels say, not the caller. 0, or -1 with an exception. */
static int check_channels(const char *uid, bool is_input, uint32_t channels)
{
    UInt32 found[2];
    OSStatus status;
    CM_CALL(status, CMVirtualGetChannels(uid, &found[true], &found[false]));
    if (status) {
        finish(status, "CMVirtualGetChannels");
        return -1;
    }
    if (channels == found[is_input] && channels)
        return 0;
    PyErr_Format(PyExc_ValueError, "the device has %u channels, not %u", (unsigned)found[is_input],
                 (unsigned)channels);
    return -1;
}

PyDoc_STRVAR(start_capture_doc, "virtual_start_capture($module, /, uid, frames)\n--\n\n"
                                "Keeps what an output plays from now on, at most so many frames at a time.");

static PyObject *start_capture(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    const char *uid;
    PyObject *value;
    uint64_t frames;
    OSStatus status;
    (void)module;
    if (parse_device("virtual_start_capture", "frames", args, count, keywords, &uid, &value) < 0 ||
        cm_arg_u64(value, "frames", &frames) < 0)
        return NULL;
    CM_CALL(status, CMVirtualStartCapture(uid, frames));
    return finish(status, "CMVirtualStartCapture");
}

PyDoc_STRVAR(read_capture_doc,
             "virtual_read_capture($module, /, uid, frames, channels)\n--\n\n"
             "Takes up to so many frames of what was kept: bytes of interleaved float32 samples.\n\n"
             "channels: those that the device has.");

static PyObject *read_capture(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "virtual_read_capture", 3, 3, { "uid", "frames", "channels" } };
    PyObject *v[3];
    const char *uid;
    uint32_t frames, channels;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_text(v[0], "uid", &uid) < 0 ||
        cm_arg_count(v[1], "frames", &frames) < 0 || cm_arg_count(v[2], "channels", &channels) < 0 ||
        check_channels(uid, false, channels) < 0)
        return NULL;
    Py_ssize_t frame = (Py_ssize_t)sizeof(Float32) * channels;
    PyObject *data = PyBytes_FromStringAndSize(NULL, frame * frames);
    if (!data)
        return NULL;
    CM_CALL(status, CMVirtualReadCapture(uid, &frames, (Float32 *)(void *)PyBytes_AS_STRING(data)));
    if (status) {
        Py_DECREF(data);
        return finish(status, "CMVirtualReadCapture");
    }
    _PyBytes_Resize(&data, frame * frames);
    return data;
}

/* A count of a device. */
static PyObject *get_count(const char *function, const char *operation,
                           OSStatus (*call)(const char *, UInt64 *), PyObject *const *args, Py_ssize_t count,
                           PyObject *keywords)
{
    const char *uid;
    UInt64 found = 0;
    OSStatus status;
    if (parse_device(function, NULL, args, count, keywords, &uid, NULL) < 0)
        return NULL;
    CM_CALL(status, call(uid, &found));
    return status ? finish(status, operation) : PyLong_FromUnsignedLongLong(found);
}

PyDoc_STRVAR(capture_loss_doc, "virtual_capture_loss($module, /, uid)\n--\n\n"
                               "Frames that were played but not kept, since nobody read what was there.");

static PyObject *capture_loss(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return get_count("virtual_capture_loss", "CMVirtualGetCaptureLoss", CMVirtualGetCaptureLoss, args, count,
                     keywords);
}

PyDoc_STRVAR(feed_left_doc,
             "virtual_feed_left($module, /, uid)\n--\n\nFrames that were fed and not heard yet.");

static PyObject *feed_left(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return get_count("virtual_feed_left", "CMVirtualGetFeedLeft", CMVirtualGetFeedLeft, args, count,
                     keywords);
}

PyDoc_STRVAR(feed_doc, "virtual_feed($module, /, uid, samples, channels)\n--\n\n"
                       "Lets an input hear interleaved float32 samples, after all that were fed before.");

static PyObject *feed(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = { "virtual_feed", 3, 3, { "uid", "samples", "channels" } };
    PyObject *v[3];
    const char *uid;
    uint32_t channels;
    Py_buffer data;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_text(v[0], "uid", &uid) < 0 ||
        cm_arg_count(v[2], "channels", &channels) < 0 || check_channels(uid, true, channels) < 0 ||
        cm_arg_bytes(v[1], "samples", &data) < 0)
        return NULL;
    UInt32 frames = (UInt32)((size_t)data.len / sizeof(Float32) / channels);
    CM_CALL(status, CMVirtualFeed(uid, frames, data.buf));
    PyBuffer_Release(&data);
    return finish(status, "CMVirtualFeed");
}

/* Calls that take a device alone. */
static PyObject *simple(const char *function, const char *operation, OSStatus (*call)(const char *),
                        PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    const char *uid;
    OSStatus status;
    if (parse_device(function, NULL, args, count, keywords, &uid, NULL) < 0)
        return NULL;
    CM_CALL(status, call(uid));
    return finish(status, operation);
}

PyDoc_STRVAR(stop_capture_doc, "virtual_stop_capture($module, /, uid)\n--\n\nKeeps no more.");

static PyObject *stop_capture(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return simple("virtual_stop_capture", "CMVirtualStopCapture", CMVirtualStopCapture, args, count,
                  keywords);
}

PyDoc_STRVAR(overload_doc, "virtual_inject_overload($module, /, uid)\n--\n\n"
                           "The next cycle of a running device comes a buffer late, which is lost.");

static PyObject *inject_overload(PyObject *module, PyObject *const *args, Py_ssize_t count,
                                 PyObject *keywords)
{
    (void)module;
    return simple("virtual_inject_overload", "CMVirtualInjectOverload", CMVirtualInjectOverload, args, count,
                  keywords);
}

PyDoc_STRVAR(remove_doc, "virtual_remove_device($module, /, uid)\n--\n\nTakes an added device away.");

static PyObject *remove_device(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    (void)module;
    return simple("virtual_remove_device", "CMVirtualRemoveDevice", CMVirtualRemoveDevice, args, count,
                  keywords);
}

PyDoc_STRVAR(drift_doc, "virtual_set_drift($module, /, uid, ppm)\n--\n\n"
                        "The device's clock is so many parts per million fast, from the next cycle on.");

static PyObject *set_drift(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    const char *uid;
    PyObject *value;
    double ppm;
    OSStatus status;
    (void)module;
    if (parse_device("virtual_set_drift", "ppm", args, count, keywords, &uid, &value) < 0 ||
        cm_arg_f64(value, "ppm", &ppm) < 0)
        return NULL;
    CM_CALL(status, CMVirtualSetDrift(uid, ppm));
    return finish(status, "CMVirtualSetDrift");
}

PyDoc_STRVAR(plugged_doc, "virtual_set_plugged($module, /, uid, plugged)\n--\n\n"
                          "Pulls the device's plug, or puts it back.");

static PyObject *set_plugged(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    const char *uid;
    PyObject *value;
    bool plugged;
    OSStatus status;
    (void)module;
    if (parse_device("virtual_set_plugged", "plugged", args, count, keywords, &uid, &value) < 0 ||
        cm_arg_bool(value, &plugged) < 0)
        return NULL;
    CM_CALL(status, CMVirtualSetPlugged(uid, plugged));
    return finish(status, "CMVirtualSetPlugged");
}

PyDoc_STRVAR(add_doc, "virtual_add_device($module, /, uid, name=None, input_channels=0, output_channels=2, "
                      "sample_rate=48000.0)\n--\n\n"
                      "A further virtual device.");

static PyObject *add_device(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *keywords)
{
    static const cm_params params = {
        "virtual_add_device", 1, 5, { "uid", "name", "input_channels", "output_channels", "sample_rate" }
    };
    PyObject *v[5];
    const char *uid, *name = NULL;
    uint32_t inputs = 0, outputs = 2;
    double rate = 48000.0;
    OSStatus status;
    (void)module;
    if (cm_parse(&params, args, count, keywords, v) < 0 || cm_arg_text(v[0], "uid", &uid) < 0 ||
        cm_arg_text(v[1] == Py_None ? NULL : v[1], "name", &name) < 0 ||
        cm_arg_count(v[2], "input_channels", &inputs) < 0 ||
        cm_arg_count(v[3], "output_channels", &outputs) < 0 || cm_arg_f64(v[4], "sample_rate", &rate) < 0)
        return NULL;
    CM_CALL(status, CMVirtualAddDevice(uid, name, inputs, outputs, rate));
    return finish(status, "CMVirtualAddDevice");
}

static PyMethodDef methods[] = {
    CM_METHOD("select_driver", select_driver, select_doc),
    { "get_driver", get_driver, METH_NOARGS, get_driver_doc },
    { "drivers", drivers, METH_NOARGS, drivers_doc },
    CM_METHOD("virtual_set_manual_clock", set_manual, set_manual_doc),
    { "virtual_is_manual_clock", is_manual, METH_NOARGS, is_manual_doc },
    CM_METHOD("virtual_advance", advance, advance_doc),
    CM_METHOD("virtual_start_capture", start_capture, start_capture_doc),
    CM_METHOD("virtual_read_capture", read_capture, read_capture_doc),
    CM_METHOD("virtual_capture_loss", capture_loss, capture_loss_doc),
    CM_METHOD("virtual_stop_capture", stop_capture, stop_capture_doc),
    CM_METHOD("virtual_feed", feed, feed_doc),
    CM_METHOD("virtual_feed_left", feed_left, feed_left_doc),
    CM_METHOD("virtual_inject_overload", inject_overload, overload_doc),
    CM_METHOD("virtual_set_drift", set_drift, drift_doc),
    CM_METHOD("virtual_set_plugged", set_plugged, plugged_doc),
    CM_METHOD("virtual_add_device", add_device, add_doc),
    CM_METHOD("virtual_remove_device", remove_device, remove_doc),
    CM_METHOD("midi_set_description", cm_midi_set_description, cm_midi_set_description_doc),
    { NULL, NULL, 0, NULL },
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters
    { Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED },
#endif
    { 0, NULL },
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "coremusic._engine",
    .m_doc = "The engine's drivers, virtual devices and UMP endpoints.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__engine(void)
{
    return PyModuleDef_Init(&definition);
}
