// What the overview map does beyond Leaflet: cards with Chinese fields, and layers that keep their order.
window.yzgeo = (function () {
  'use strict'
  const described = {}
  const names = {}
  const features = {}

  function card(id, feature) {
    const layer = described[id]
    const box = document.createElement('div')
    box.className = 'yz-card'
    const title = document.createElement('h2')
    title.textContent = layer.title
    box.append(title)
    const table = document.createElement('table')
    layer.fields.forEach(function (field, position) {
      const value = feature.properties.v[position]
      if (value === null || value === undefined || value === '') return
      const row = table.insertRow()
      const name = document.createElement('th')
      name.scope = 'row'
      name.textContent = field.title
      row.append(name)
      const cell = row.insertCell()
      const labels = field.labels || names[field.id] || {}
      const label = Object.hasOwn(labels, value) ? labels[value] : value
      cell.textContent = label === true ? '是' : label === false ? '否' : label + (field.unit ? ' ' + field.unit : '')
      if (field.id === 'data_status' && value === 'illustrative') cell.className = 'yz-flag'
    })
    box.append(table)
    return box
  }

  return {
    describe: function (layers, places, shapes) {
      Object.assign(described, layers)
      Object.assign(names, places)
      Object.assign(features, shapes)
    },
    popup: function (id, feature, layer) {
      layer.bindPopup(function () {
        return card(id, feature)
      }, {
        maxWidth: 340,
        maxHeight: 320,
        autoPanPaddingTopLeft: window.innerWidth > 900 ? [190, 110] : [5, 90],
      })
    },
    start: function (map, layers) {
      map.attributionControl.setPrefix('')
      Object.keys(layers).forEach(function (id) {
        layers[id].addData({ type: 'FeatureCollection', features: features[id] })
        layers[id].setStyle(function (feature) {
          return feature.properties.style
        })
      })
      const legend = document.querySelector('.yz-legend')
      legend.open = window.innerWidth > 900
      function show() {
        Object.keys(layers).forEach(function (id) {
          const shown = map.hasLayer(layers[id])
          if (shown) layers[id].bringToFront()
          legend.querySelector('[data-layer="' + id + '"]').hidden = !shown
        })
      }
      map.on('overlayadd overlayremove', show)
      show()
      L.control.scale({ imperial: false }).addTo(map)
    },
  }
})()
