// What the overview map does beyond Leaflet: cards with Chinese fields, and layers that keep their order.
window.yzgeo = (function () {
  'use strict'
  const described = {}

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
      const label = field.labels && field.labels[value] ? field.labels[value] : value
      cell.textContent = label === true ? '是' : label === false ? '否' : label + (field.unit ? ' ' + field.unit : '')
      if (field.id === 'data_status' && value === 'illustrative') cell.className = 'yz-flag'
    })
    box.append(table)
    return box
  }

  return {
    describe: function (layers) {
      Object.assign(described, layers)
    },
    popup: function (id, feature, layer) {
      layer.bindPopup(function () {
        return card(id, feature)
      }, { maxWidth: 340, maxHeight: 320 })
    },
    start: function (map, layers) {
      map.attributionControl.setPrefix('')
      function order() {
        layers.forEach(function (layer) {
          if (map.hasLayer(layer)) layer.bringToFront()
        })
      }
      map.on('overlayadd', order)
      order()
      L.control.scale({ imperial: false }).addTo(map)
    },
  }
})()
